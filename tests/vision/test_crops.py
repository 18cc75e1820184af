"""Crops: cutting, and their seconds in a broker that persists nothing."""

import numpy as np
import pytest
from redis.exceptions import ResponseError

from bopis import privacy, valkey
from vision import crops, decoding
from vision.engines import Detection

PICTURE = np.random.default_rng(1).integers(0, 255, (40, 160, 3), np.uint8)


class TestCut:
    def test_takes_a_little_more_than_the_plate(self):
        crop = crops.cut(np.zeros((720, 1280, 3), np.uint8), Detection(100, 200, 100, 20, 0.9))

        assert 100 < crop.shape[1] <= 110
        assert 20 < crop.shape[0] <= 26

    def test_stays_inside_the_frame(self):
        crop = crops.cut(np.zeros((720, 1280, 3), np.uint8), Detection(0, 700, 100, 20, 0.9))

        assert crop.shape[0] <= 22
        assert crop.shape[1] <= 104

    def test_does_not_keep_the_frame_alive(self):
        assert crops.cut(np.zeros((720, 1280, 3), np.uint8), Detection(10, 10, 100, 20, 0.9)).base is None


class TestRate:
    def test_prefers_the_sharp_and_the_wide(self):
        stripes = np.zeros((30, 120, 3), np.uint8)
        stripes[:, ::6] = stripes[:, 1::6] = stripes[:, 2::6] = 255
        soft = np.repeat(np.linspace(0, 255, 120, dtype=np.uint8)[None, :, None], 30, axis=0).repeat(
            3, axis=2
        )

        assert crops.rate(stripes) > crops.rate(stripes[:, :60]) > crops.rate(soft)

    def test_stays_within_bounds(self):
        assert 0 < crops.rate(np.full((20, 60, 3), 80, np.uint8)) <= crops.rate(PICTURE) <= 1


class TestPut:
    def test_gives_the_same_picture_back_once(self):
        key = crops.put(PICTURE)

        taken = crops.take(key)
        assert taken is not None
        assert np.array_equal(taken, PICTURE)
        assert crops.take(key) is None

    def test_expires_in_seconds(self):
        crops.put(PICTURE)

        (key,) = valkey.client().keys("vision:crop:*")
        assert 0 < valkey.client().ttl(key) <= crops.KEPT_S

    def test_leaves_no_picture_in_clear(self):
        crops.put(PICTURE)

        (key,) = valkey.client().keys("vision:crop:*")
        sealed = valkey.client().get(key)
        assert isinstance(sealed, bytes)
        assert b"PNG" not in sealed

    def test_refuses_what_is_too_small_to_show_anything(self):
        with pytest.raises(ValueError, match="small"):
            crops.put(np.zeros((4, 60, 3), np.uint8))


class TestTake:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "frame-empty"),
            (b"garbage", "frame-not-an-image"),
            (b"\x89PNG\r\n\x1a\n", "frame-not-an-image"),
        ],
    )
    def test_refuses_what_is_no_picture(self, data, code):
        valkey.client().set("vision:crop:bad", privacy.encrypt_bytes(data))

        with pytest.raises(decoding.FrameError) as refusal:
            crops.take("bad")
        assert refusal.value.code == code

    def test_knows_nothing_of_a_dropped_crop(self):
        key = crops.put(PICTURE)
        crops.drop(key)

        assert crops.take(key) is None


class TestRefusePersistentBroker:
    def test_accepts_one_that_keeps_nothing(self):
        crops.refuse_persistent_broker()

    @pytest.mark.parametrize(("name", "value"), [("save", "3600 1"), ("appendonly", "yes")])
    def test_refuses_one_that_writes_to_disk(self, name, value, monkeypatch):
        monkeypatch.setattr(type(valkey.client()), "config_get", _answering({name: value}))

        with pytest.raises(crops.BrokerPersistsError) as refusal:
            crops.refuse_persistent_broker()
        assert refusal.value.code == "broker-persists"

    def test_refuses_one_that_does_not_tell(self, monkeypatch):
        def refuse(*_: object):
            raise ResponseError("unknown command")

        monkeypatch.setattr(type(valkey.client()), "config_get", refuse)
        with pytest.raises(crops.BrokerPersistsError, match="does not tell"):
            crops.refuse_persistent_broker()


def _answering(changes: dict[str, str]):
    facts = {"save": "", "appendonly": "no"} | changes

    def config_get(_: object, name: str) -> dict[bytes, bytes]:
        return {name.encode(): facts[name].encode()}

    return config_get
