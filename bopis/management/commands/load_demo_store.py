"""`manage.py load_demo_store`: the demo's store, for a look around or for journeys in tests."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bopis import clock
from bopis.demo import store


class Command(BaseCommand):
    """Makes the demo's store, or puts it back to its beginning, and prints what opens its doors."""

    help = "Makes the demo's store, or puts it back to its beginning; prints its new password and API key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--camera", default="rtsp://127.0.0.1:8554/lot", help="address of its camera")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *, camera: str, json: bool, **options: Any) -> None:
        """
        Load the store.

        :raises CommandError: in production, where nobody wants its people to sign in.
        """
        if settings.PRODUCTION:
            raise CommandError("this is not for production: its people all have one password")
        keys = store.load(camera_url=camera, at=clock.now())
        self.stdout.write(_as_json(keys) if json else _as_text(keys))


def _as_json(keys: store.Keys) -> str:
    return json.dumps({"store": store.CODE, "staff": list(store.STAFF), "admin": store.ADMIN, **asdict(keys)})


def _as_text(keys: store.Keys) -> str:
    people = ", ".join([*store.STAFF, store.ADMIN])
    return f"sign in as {people}, password {keys.password}\nAPI key {keys.api_key}"
