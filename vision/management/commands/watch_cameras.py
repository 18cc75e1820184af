"""`manage.py watch_cameras`: watch the stores' cameras and send the plates that pass to the workers."""

import signal
import threading
from typing import Any

import cv2
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vision import crops
from vision.models import Camera
from vision.supervisor import Supervisor


class Command(BaseCommand):
    """Watches until it is told to stop (Ctrl-C, SIGTERM)."""

    help = "Watch the cameras that are in use and send the plates that pass to the workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--camera", type=int, action="append", metavar="ID", help="only this one; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        camera_ids: list[int] | None = options["camera"]
        known = set(Camera.objects.filter(pk__in=camera_ids or ()).values_list("pk", flat=True))
        if unknown := set(camera_ids or ()) - known:
            raise CommandError(f"no such camera: {', '.join(map(str, sorted(unknown)))}")
        try:
            crops.refuse_persistent_broker()
        except crops.BrokerPersistsError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        cv2.setNumThreads(1)  # each camera has its thread; OpenCV's own would only fight over the cores
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        self.stdout.write("watching cameras")
        Supervisor(camera_ids).run(stopping)
