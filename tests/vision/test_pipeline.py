"""From a rendered lot's RTSP stream through the real processes to one arrival a car."""

import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest

from arrivals.models import Arrival, Evidence
from bopis import clock, valkey
from bopis.celery import app
from tests.conftest import PROJECT
from tests.vision.patience import eventually
from tests.world import make_store, place
from vision.models import Camera
from vision.rendering.rtsp import RtspServer
from vision.rendering.scene import Frame, Passage, Scene

READABLE_PX = 60
LONGEST_S = 10.0  # the goal is a second on a quiet machine; tests run on busy ones


class Lot:
    """A scene in a loop, served as RTSP; it remembers when each passage's plate was first readable."""

    def __init__(self, *passages: Passage) -> None:
        self.scene = Scene(passages)
        self.readable_at_s: dict[int, float] = {}
        self.server = RtspServer(self._render, fps=12, on_sent=self._note)
        self._begins_s = float("inf")

    def begin(self) -> None:
        """Let the cars come from now on."""
        assert self.server.started_at is not None
        self._begins_s = time.monotonic() - self.server.started_at

    def _render(self, at_s: float) -> Frame:
        return self.scene.render(max(at_s - self._begins_s, 0.0))

    def _note(self, frame: Frame, at_s: float) -> None:
        for truth in frame.plates:
            if truth.is_whole and truth.width >= READABLE_PX:
                self.readable_at_s.setdefault(truth.passage, at_s)


@pytest.fixture
def lot():
    lot = Lot(
        Passage("AB123CD", "FR", 0.5, color="red"),
        Passage("KAXY482", "DE", 8.0, lane=1, shape="suv"),
        Passage("XK66PVL", "GB", 16.0, color="white"),  # nobody expects it
    )
    lot.server.start()
    yield lot
    lot.server.stop()


@pytest.mark.django_db(transaction=True)
class TestPipeline:
    def test_sees_each_expected_car_arrive_once(self, lot, process_environment):
        store = make_store()
        window = clock.now() + timedelta(minutes=5), clock.now() + timedelta(minutes=65)
        for plate in ("AB123CD", "KAXY482"):
            place(store, plate=plate, at=clock.now(), window=window)
        Camera.objects.create(store=store, name="Entry", url=lot.server.url)
        with ExitStack() as processes:
            for command in (
                [
                    "-m",
                    "celery",
                    "-A",
                    "bopis.celery",
                    "worker",
                    "-Q",
                    "vision",
                    "-P",
                    "solo",
                    "-n",
                    "reader",
                ],
                ["manage.py", "watch_cameras"],
            ):
                process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=process_environment)
                processes.callback(process.wait, 30)
                processes.callback(process.terminate)
            assert eventually(_is_ready, within_s=120)
            lot.begin()
            assert eventually(lambda: _count_arrived() == 1, within_s=60)
            first_after_s = time.monotonic() - lot.readable_at_s[0]
            assert eventually(lambda: _count_arrived() == 2, within_s=60)
            # The stranger's plate is read too, judged, and leaves nothing.
            assert eventually(lambda: Camera.objects.get().reads >= 3, within_s=60)

        assert first_after_s < LONGEST_S
        assert _count_arrived() == 2
        assert Evidence.objects.filter(kind="PLATE", arrival__isnull=False).count() >= 2
        assert not list(valkey.client().scan_iter("vision:readings:*"))


def _is_ready() -> bool:
    """The camera shows a picture and the worker answers."""
    return Camera.objects.get().status == "ONLINE" and bool(app.control.inspect(timeout=2).ping())


def _count_arrived() -> int:
    return Arrival.objects.filter(status="ARRIVED").count()
