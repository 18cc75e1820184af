"""The plate network inside EasyOCR: what it reads, and that nothing but the committed files is loaded."""

import shutil
import socket
import sys
import warnings

import cv2
import numpy as np
import pytest

from vision import easyocr_engine, plate_input
from vision.easyocr_engine import WeightsChangedError, WeightsMissingError, get_recognizer
from vision.rendering import degrade, formats
from vision.rendering.plates import render_plate


def fold(text: str) -> str:
    """Letter O and digit 0 look the same in most countries."""
    return text.replace("O", "0")


def blur(image: np.ndarray, spread_px: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), spread_px).astype(np.uint8)


def render_many(countries: list[str], *, seed: int) -> list[tuple[np.ndarray, str]]:
    rng = np.random.default_rng(seed)
    plates = [render_plate(formats.random_plate(country, rng), country, rng) for country in countries]
    return [(cv2.resize(plate.image, None, fx=0.5, fy=0.5), plate.text) for plate in plates]


def get_share_right(plates: list[tuple[np.ndarray, str]]) -> float:
    readings = get_recognizer().read([image for image, _ in plates])
    pairs = zip(readings, plates, strict=True)
    return sum(fold(reading.text) == fold(text) for reading, (_, text) in pairs) / len(plates)


@pytest.fixture
def folder(tmp_path):
    """A copy of the weights to spoil."""
    return shutil.copytree(easyocr_engine.WEIGHTS, tmp_path / "weights")


class TestRead:
    def test_reads_rendered_plates_of_many_countries(self):
        plates = render_many(list(formats.COUNTRIES) * 4, seed=11)

        assert get_share_right(plates) >= 0.9

    def test_reads_by_night_blurred_and_compressed(self):
        rng = np.random.default_rng(12)
        plates = [
            (
                degrade.compress(
                    degrade.add_noise(degrade.make_night(image, rng), rng, strength=4), quality=70
                ),
                text,
            )
            for image, text in render_many(["DE", "FR", "GB", "PL", "SK"] * 8, seed=13)
        ]

        assert get_share_right(plates) >= 0.75

    def test_gives_alternatives_best_first_whose_confidences_sum_to_one_at_most(self):
        image = render_many(["DE"], seed=14)[0][0]
        blurred = blur(image, 3.0)

        reading = get_recognizer().read([blurred])[0]

        confidences = [one.confidence for one in reading.alternatives]
        assert len(confidences) == easyocr_engine.MOST_ALTERNATIVES
        assert confidences == sorted(confidences, reverse=True)
        assert 0 < sum(confidences) <= 1.0001
        assert all(one.text == formats.normalize(one.text) != "" for one in reading.alternatives)

    def test_is_surer_of_a_sharp_plate_than_of_a_blurred_one(self):
        plates = render_many(["FR", "DE", "SK", "GB"] * 3, seed=15)
        sharp = get_recognizer().read([image for image, _ in plates])
        blurred = get_recognizer().read([blur(image, 4.0) for image, _ in plates])

        assert np.mean([one.confidence for one in sharp]) > np.mean([one.confidence for one in blurred])

    def test_reads_nothing_where_nothing_is(self):
        gray = np.full((40, 160, 3), 127, np.uint8)

        assert len(get_recognizer().read([gray])[0].text) <= 1

    def test_reads_gray_and_colored_crops_of_any_size(self):
        image, text = render_many(["FR"], seed=16)[0]
        crops = [
            image,
            cv2.cvtColor(image, cv2.COLOR_BGR2GRAY),
            cv2.resize(image, None, fx=3, fy=3),
            image[:1, :1],
        ]

        readings = get_recognizer().read(crops)

        assert [fold(reading.text) for reading in readings[:3]] == [fold(text)] * 3
        assert len(readings) == 4

    def test_reads_each_crop_as_if_it_were_alone(self):
        crops = [image for image, _ in render_many(["FR", "US", "BR", "GB"], seed=17)]

        together = get_recognizer().read(crops)

        for crop, reading in zip(crops, together, strict=True):
            alone = get_recognizer().read([crop])[0]
            assert alone.text == reading.text
            assert alone.confidence == pytest.approx(reading.confidence, abs=1e-4)

    def test_reads_no_crops(self):
        assert get_recognizer().read([]) == []

    def test_says_what_easyocr_itself_says(self):
        """The alternatives come from a beam over the same network: the best is what EasyOCR decodes."""
        plates = render_many(["FR", "DE", "ES", "NL", "US", "BR"] * 2, seed=18)
        readings = get_recognizer().read([image for image, _ in plates])
        sure = [
            (image, reading)
            for (image, _), reading in zip(plates, readings, strict=True)
            if reading.confidence > 0.8
        ]

        for image, reading in sure:
            prepared = plate_input.prepare(image)
            with warnings.catch_warnings():
                # EasyOCR asks for pinned memory, which PyTorch without a GPU has not, and builds
                # pictures with an argument that Pillow is giving up.
                warnings.simplefilter("ignore")
                (found,) = get_recognizer().reader.recognize(
                    prepared, horizontal_list=[[0, 160, 0, 40]], free_list=[], decoder="greedy", workers=0
                )
            assert found[1] == reading.text

        assert len(sure) >= 6


class TestGetRecognizer:
    def test_loads_once_a_process(self):
        assert get_recognizer() is get_recognizer()

    def test_leaves_the_import_path_as_it_was(self):
        get_recognizer()

        assert str(easyocr_engine.WEIGHTS) not in sys.path

    def test_needs_no_network(self, folder, monkeypatch):
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("reached for the network")

        monkeypatch.setattr(socket, "create_connection", refuse)
        monkeypatch.setattr(socket.socket, "connect", refuse)

        assert easyocr_engine.EasyOcrRecognizer(folder).read([np.zeros((40, 160), np.uint8)])


class TestCheckWeights:
    def test_accepts_the_committed_files(self):
        easyocr_engine.check_weights()

    @pytest.mark.parametrize("name", ["bopis_plates.pth", "bopis_plates.py", "bopis_plates.yaml"])
    def test_refuses_a_file_changed_by_one_byte(self, folder, name):
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

        with pytest.raises(WeightsChangedError) as caught:
            easyocr_engine.EasyOcrRecognizer(folder)

        assert caught.value.code == "weights-changed"
        assert caught.value.extra == {"file": name}

    @pytest.mark.parametrize("name", ["bopis_plates.pth", "SHA256SUMS"])
    def test_refuses_a_missing_file(self, folder, name):
        (folder / name).unlink()

        with pytest.raises(WeightsMissingError, match=name):
            easyocr_engine.EasyOcrRecognizer(folder)

    def test_refuses_before_anything_is_unpickled(self, folder, monkeypatch):
        (folder / "bopis_plates.pth").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
        monkeypatch.setattr(easyocr_engine, "_load", lambda _: pytest.fail("loaded an altered file"))

        with pytest.raises(WeightsChangedError):
            easyocr_engine.EasyOcrRecognizer(folder)
