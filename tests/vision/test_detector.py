"""The detector on lots that the project renders; figures on photographs are reported by evaluate_plates."""

import time

import numpy as np
import pytest

from vision import detector
from vision.detector import PlateDetector, get_detector
from vision.easyocr_engine import WeightsChangedError, WeightsMissingError
from vision.engines import Detection
from vision.rendering.scene import Passage, PlateTruth, Scene
from vision.tracks import overlap

PASSAGES = {
    "by day": Passage("AB123CD", "FR", 0, color="red"),
    "by night": Passage("KAXY482", "DE", 0, is_night=True, shape="suv", color="blue"),
    "tilted": Passage("XK66PVL", "GB", 0, tilt_degrees=8, lane=1, color="black"),
    "dirty, by night": Passage("CJ12ABC", "RO", 0, is_night=True, is_dirty=True, shape="van", lane=1),
    "a short wide one": Passage("BRA2E19", "BR", 0, color="white"),
}


def readable(passage: Passage) -> list[tuple[np.ndarray, PlateTruth]]:
    """Moments of a passage at which its plate is whole and at least 60 pixels wide."""
    scene = Scene([passage])
    frames = [scene.render(float(at_s)) for at_s in np.arange(4, scene.duration_s, 0.25)]
    return [(f.image, t) for f in frames for t in f.plates if t.is_whole and t.width >= 60]


def fits(found: Detection, truth: PlateTruth) -> bool:
    box = Detection(round(truth.x), round(truth.y), round(truth.width), round(truth.height), 1.0)
    return overlap(found, box) >= 0.4


class TestDetect:
    @pytest.mark.parametrize("passage", PASSAGES.values(), ids=PASSAGES)
    def test_finds_the_plate_of_a_car_that_comes(self, passage):
        moments = readable(passage)
        found = [any(fits(one, truth) for one in get_detector().detect(image)) for image, truth in moments]

        assert len(found) >= 4
        assert sum(found) >= 0.8 * len(found)

    def test_finds_two_cars_at_once(self):
        scene = Scene([Passage("AB123CD", "FR", 0), Passage("KAXY482", "DE", 0, lane=1, shape="sedan")])
        frame = next(
            f
            for f in (scene.render(float(at_s)) for at_s in np.arange(5, 12, 0.1))
            if len([t for t in f.plates if t.is_whole and t.width >= 65]) == 2
        )
        found = get_detector().detect(frame.image)

        assert all(any(fits(one, truth) for one in found) for truth in frame.plates)

    @pytest.mark.parametrize("shape", [(720, 1280), (40, 60), (9, 9), (1, 1), (2000, 30), (3000, 4000)])
    def test_finds_nothing_on_a_blank_frame_of_any_size(self, shape):
        assert get_detector().detect(np.full((*shape, 3), 128, np.uint8)) == []

    def test_keeps_its_boxes_inside_the_frame(self):
        image, truth = readable(PASSAGES["by day"])[-1]
        part = image[: round(truth.y + truth.height * 0.7), : round(truth.x + truth.width * 0.7)].copy()

        for one in get_detector().detect(part):
            assert min(one.x, one.y) >= 0
            assert one.x + one.width <= part.shape[1]
            assert one.y + one.height <= part.shape[0]

    def test_takes_less_than_30_ms_of_cpu_a_frame(self):
        image, _ = readable(PASSAGES["by day"])[0]
        get_detector().detect(image)
        began = time.process_time()
        for _ in range(5):
            get_detector().detect(image)

        assert (time.process_time() - began) / 5 < 0.030


class TestPlateDetector:
    def test_names_weights_that_are_missing(self, tmp_path):
        with pytest.raises(WeightsMissingError, match="plate_finder"):
            PlateDetector(tmp_path / "plate_finder.onnx")

    def test_refuses_weights_that_were_altered(self, tmp_path):
        changed = tmp_path / "plate_finder.onnx"
        changed.write_bytes(detector.WEIGHTS.read_bytes()[:-1] + b"\0")
        changed.with_suffix(".sha256").write_text(detector.WEIGHTS.with_suffix(".sha256").read_text())

        with pytest.raises(WeightsChangedError):
            PlateDetector(changed)
