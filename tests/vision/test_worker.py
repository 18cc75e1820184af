"""Rendered frames through the real network, in this process and in a real Celery worker."""

import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from celery.signals import celeryd_after_setup

from arrivals.models import Arrival
from bopis import clock
from tests.conftest import PROJECT
from tests.vision.patience import eventually
from tests.world import make_store, place
from vision import crops, easyocr_engine, tasks, voting, worker
from vision.detector import get_detector
from vision.models import Camera
from vision.rendering.scene import Passage, Scene
from vision.voting import Ballot


def cut_crops(passage: Passage, *, count: int = 4) -> list[np.ndarray]:
    """Crops of a passage as the loop would cut them, its plate 70 pixels wide or more."""
    scene, cut = Scene([passage]), []
    for at_s in np.arange(5, scene.duration_s, 0.2):
        frame = scene.render(float(at_s))
        wide = [truth for truth in frame.plates if truth.is_whole and truth.width >= 70]
        found = get_detector().detect(frame.image)
        near = [
            one
            for one in found
            for t in wide
            if abs(one.x - t.x) < t.width / 3 and abs(one.y - t.y) < t.height
        ]
        cut += [crops.cut(frame.image, one) for one in near[:1]]
    return cut[:count]


class TestRealNetwork:
    @pytest.mark.parametrize(
        "passage",
        [
            Passage("AB123CD", "FR", 0.0, color="red"),
            Passage("KAXY482", "DE", 0.0, lane=1, shape="suv"),
            Passage("XK66PVL", "GB", 0.0, is_night=True),
            Passage("BRA2E19", "BR", 0.0, tilt_degrees=3),
        ],
        ids=lambda passage: passage.country,
    )
    def test_reads_a_passage(self, passage):
        recognizer = easyocr_engine.get_recognizer()
        pictures = cut_crops(passage)
        ballots = [
            Ballot(reading, crops.rate(crop))
            for crop, reading in zip(pictures, recognizer.read(pictures), strict=True)
        ]

        assert voting.elect(ballots)[0].text == passage.plate


class TestWorker:
    @pytest.mark.django_db(transaction=True)
    def test_turns_crops_into_an_arrival(self, process_environment):
        store = make_store()
        place(store, plate="AB123CD", at=clock.now(), window=_soon())
        camera = Camera.objects.create(store=store, name="Entry", url="rtsp://127.0.0.1/lot")
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "bopis.celery",
            "worker",
            "-Q",
            "vision",
            "-P",
            "solo",
        ]
        with subprocess.Popen(command, cwd=PROJECT, env=process_environment) as process:
            try:
                arrived = eventually(lambda: _send_and_see(camera), within_s=90)
            finally:
                process.terminate()
                process.wait(30)

        assert arrived
        assert Camera.objects.get().reads >= 1

    def test_refuses_a_broker_that_persists(self, monkeypatch):
        def refuse() -> None:
            raise crops.BrokerPersistsError("it writes to disk")

        monkeypatch.setattr(crops, "refuse_persistent_broker", refuse)
        worker.connect()
        with pytest.raises(SystemExit, match="broker-persists"):
            celeryd_after_setup.send("test", instance=_worker_of({"vision"}))
        celeryd_after_setup.send("test", instance=_worker_of({"default"}))


def _soon():
    return clock.now() + timedelta(minutes=10), clock.now() + timedelta(minutes=70)


def _send_and_see(camera: Camera) -> bool:
    """Send a passage's crops as one track more, as long as the worker has not shown that it reads."""
    now = clock.now()
    source_key = f"{camera.pk}:test:{now.timestamp()}"
    for crop in cut_crops(Passage("AB123CD", "FR", 0.0, color="red"), count=3):
        tasks.read_crop.delay(
            camera_id=camera.pk, source_key=source_key, crop_key=crops.put(crop), seen_at=now.isoformat()
        )
    tasks.close_track.delay(source_key=source_key)
    return eventually(lambda: Arrival.objects.filter(status="ARRIVED").exists(), within_s=5)


def _worker_of(queues: set[str]):
    return SimpleNamespace(
        app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=queues)))
    )
