"""From crops to one plate read a track: once, encrypted, and not lost while the database is down."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import numpy as np
import pytest
from django.db import OperationalError, connection

import arrivals.services
from arrivals.matching import Candidate
from arrivals.models import Arrival, Evidence
from bopis import privacy, valkey
from tests.world import NOON, make_store, place
from vision import crops, easyocr_engine, readings, services
from vision.engines import Reading
from vision.models import Camera

PLATE = "AB123CD"
KEY = "1:session:1"
CROP = np.random.default_rng(2).integers(0, 255, (24, 110, 3), np.uint8)

pytestmark = pytest.mark.django_db


class Reader:
    """A recognizer that says what it is told, and counts."""

    def __init__(self) -> None:
        self.says: Sequence[tuple[str, float]] = [(PLATE, 0.95)]
        self.asked = 0

    def read(self, pictures):
        self.asked += len(pictures)
        return [Reading(tuple(Candidate(text, chance) for text, chance in self.says)) for _ in pictures]


@pytest.fixture
def reader(monkeypatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(easyocr_engine, "get_recognizer", lambda: reader)
    return reader


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def camera(store) -> Camera:
    return Camera.objects.create(store=store, name="Entry", url="rtsp://127.0.0.1/lot")


@pytest.fixture
def order(store):
    return place(store, plate=PLATE)


def read(camera: Camera, *, source_key: str = KEY, at=NOON) -> None:
    read_by(camera.pk, crops.put(CROP), source_key=source_key, at=at)


def read_by(camera_id: int, crop_key: str, *, source_key: str = KEY, at=NOON) -> None:
    """Do what the task does."""
    ballot = services.read_crop(camera_id=camera_id, source_key=source_key, crop_key=crop_key)
    if ballot is not None:
        services.note_reading(camera_id=camera_id, source_key=source_key, ballot=ballot, seen_at=at, at=at)


def plates() -> list[Evidence]:
    return list(Evidence.objects.filter(kind="PLATE"))


class TestReadCrop:
    def test_waits_for_a_second_read_that_agrees(self, camera, order, reader):
        read(camera)
        assert plates() == []
        read(camera)

        assert Arrival.objects.get().status == "ARRIVED"
        assert [evidence.source_key for evidence in plates()] == [KEY]

    def test_records_a_track_once_however_many_crops_come(self, camera, order, reader):
        for _ in range(6):
            read(camera)
        services.close_track(source_key=KEY, at=NOON)
        camera.refresh_from_db()

        assert len(plates()) == 1
        assert camera.reads == 1

    def test_spends_no_time_on_crops_of_a_judged_track(self, camera, reader):
        for _ in range(5):
            read(camera)

        assert reader.asked == 2
        assert valkey.client().keys("vision:crop:*") == []

    def test_drops_a_crop_that_has_expired(self, camera, reader):
        read_by(camera.pk, "gone")

        assert reader.asked == 0
        assert valkey.client().keys("*") == []

    @pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n", b"GIF89a" + b"\0" * 100])
    def test_drops_a_crop_that_is_no_picture(self, camera, reader, data):
        valkey.client().set("vision:crop:bad", privacy.encrypt_bytes(data), ex=5)
        read_by(camera.pk, "bad")

        assert valkey.client().keys("*") == []

    def test_keeps_nothing_of_a_crop_without_characters(self, camera, reader):
        reader.says = []
        read(camera)

        assert valkey.client().keys("*") == []

    def test_survives_a_camera_that_was_deleted(self, camera, reader):
        deleted_id = camera.pk
        camera.delete()
        for _ in range(2):
            read_by(deleted_id, crops.put(CROP))

        assert readings.get_vote(KEY) is None

    def test_tells_that_a_camera_looks_at_the_exit(self, camera, order, reader):
        Camera.objects.update(direction=Camera.Direction.OUT)
        for _ in range(2):
            read(camera)

        assert not Arrival.objects.filter(status="ARRIVED").exists()

    @pytest.mark.django_db(transaction=True)
    def test_records_once_when_workers_race(self, camera, order, reader):
        read(camera)
        start_line = Barrier(6)

        def work(_: int) -> None:
            try:
                start_line.wait()
                read(camera)
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as threads:
            list(threads.map(work, range(6)))
        camera.refresh_from_db()

        assert len(plates()) == 1
        assert camera.reads == 1


class TestCloseTrack:
    def test_judges_a_single_read(self, camera, order, reader):
        read(camera)
        services.close_track(source_key=KEY, at=NOON)
        services.close_track(source_key=KEY, at=NOON)

        assert len(plates()) == 1

    def test_leaves_a_track_of_which_nothing_was_read(self, camera, order):
        services.close_track(source_key=KEY, at=NOON)

        assert plates() == []
        assert valkey.client().keys("*") == []


class TestJudgeWaiting:
    def test_judges_a_track_whose_end_was_never_told(self, camera, order, reader):
        read(camera)
        services.judge_waiting(at=NOON + timedelta(seconds=3))
        assert plates() == []
        services.judge_waiting(at=NOON + timedelta(seconds=6))

        assert len(plates()) == 1
        assert services.judge_waiting(at=NOON + timedelta(seconds=20)) == 0

    def test_makes_good_for_a_database_that_was_down(self, camera, order, reader, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(arrivals.services, "record_plate_read", _fail)
            read(camera)
            read(camera)
        assert plates() == []
        services.judge_waiting(at=NOON + timedelta(seconds=6))
        services.judge_waiting(at=NOON + timedelta(seconds=12))

        assert len(plates()) == 1

    def test_forgets_what_has_expired(self, camera, reader):
        read(camera)
        valkey.client().unlink(f"vision:readings:{KEY}")
        services.judge_waiting(at=NOON + timedelta(minutes=16))

        assert services.judge_waiting(at=NOON + timedelta(minutes=17)) == 0


class TestPrivacy:
    def test_no_plate_waits_in_clear_nor_longer_than_15_minutes(self, camera, reader, monkeypatch):
        monkeypatch.setattr(arrivals.services, "record_plate_read", _fail)
        read(camera)
        read(camera, source_key="1:session:2")
        read(camera, source_key="1:session:2")  # voted, unjudged

        found = _everything()
        assert b"vision:vote" in found
        assert PLATE.encode() not in found
        for key in valkey.client().scan_iter("vision:*:1:session:*"):
            assert 0 < valkey.client().ttl(key) <= 15 * 60

    def test_a_judged_plate_is_gone_from_the_broker(self, camera, reader):
        read(camera)
        read(camera)

        assert readings.get(KEY) is None
        assert readings.get_vote(KEY) is None
        assert readings.is_claimed(KEY)

    def test_no_plate_is_logged(self, camera, order, reader, caplog):
        with caplog.at_level(logging.DEBUG):
            read(camera)
            read(camera)

        assert caplog.records
        assert PLATE not in caplog.text


class TestNoteStatus:
    def test_counts_on_and_keeps_the_time_of_the_change(self, camera):
        facts = {"camera_id": camera.pk, "status": "ONLINE", "reason": "", "frames": 10, "dropped": 2}
        services.note_status(**facts, last_frame_at=NOON, at=NOON)
        services.note_status(**facts, last_frame_at=None, at=NOON + timedelta(minutes=1))
        camera.refresh_from_db()

        assert (camera.status, camera.frames, camera.frames_dropped) == ("ONLINE", 20, 4)
        assert camera.status_changed_at == NOON
        assert camera.last_frame_at == NOON


def _fail(**_: object) -> None:
    raise OperationalError("the database is away")


def _everything() -> bytes:
    """Every key and value in the broker, as Valkey would write it down."""
    store = valkey.client()
    keys = list(store.scan_iter("*"))
    return repr([(key, store.dump(key)) for key in keys]).encode()
