"""Measuring on labeled pictures: what counts as found, read, false."""

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from arrivals.matching import Candidate
from vision import evaluation
from vision.easyocr_engine import get_recognizer
from vision.engines import Detection, Reading


class FakeRecognizer:
    """Says the texts it was given, in turn."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.sizes: list[tuple[int, ...]] = []

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        self.sizes += [crop.shape[:2] for crop in crops]
        return [Reading((Candidate(self.texts.pop(0), 0.9),)) for _ in crops]


class FakeDetector:
    """Finds the boxes it was given, in every picture."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.finds = [Detection(*box, 0.9) for box in boxes]

    def detect(self, frame: np.ndarray) -> list[Detection]:
        return self.finds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one.png", "two.png"):
        cv2.imwrite(str(tmp_path / name), np.full((100, 200, 3), 90, np.uint8))
    return tmp_path


def label(folder: Path, *rows: str) -> Path:
    (folder / "labels.csv").write_text("\n".join(["file,plate_text,x,y,w,h", *rows]) + "\n")
    return folder


def evaluate(folder: Path, *texts: str, boxes: list[tuple[float, float, float, float]] | None = None):
    detector = None if boxes is None else FakeDetector(*boxes)
    return evaluation.evaluate(folder, recognizer=FakeRecognizer(*texts), detector=detector)


class TestEvaluateCrops:
    def test_rates_exact_folded_and_one_off(self, folder):
        label(
            folder,
            *("one.png,AB100,10,10,50,20", "one.png,AB100,10,40,50,20"),
            *("two.png,AB100,10,10,50,20", "two.png,AB100,10,40,50,20"),
        )

        figures = evaluate(folder, "AB100", "ABO00", "AB1O0", "XY")

        assert (figures["images"], figures["plates"]) == (2, 4)
        assert figures["exact"] == 0.25
        assert figures["exact_o0"] == 0.5
        assert figures["within_one"] == 0.75
        assert figures["found"] is None
        assert figures["ms_median"] is not None

    def test_cuts_the_labeled_box_and_stays_inside_the_picture(self, folder):
        label(folder, "one.png,A1,10,10,50,20", "two.png,A1,-5,-5,500,500")
        recognizer = FakeRecognizer("A1", "A1")

        evaluation.evaluate(folder, recognizer=recognizer, detector=None)

        assert recognizer.sizes == [(20, 50), (100, 200)]

    def test_leaves_out_plates_that_nobody_could_read(self, folder):
        label(folder, "one.png,?,10,10,50,20", "two.png,ab-1,10,10,50,20")

        figures = evaluate(folder, "AB1")

        assert figures["plates"] == 2
        assert figures["exact"] == 1.0


class TestEvaluatePictures:
    def test_counts_found_missed_and_false(self, folder):
        label(folder, "one.png,AB1,10,10,50,20", "two.png,,,,,")
        boxes = [(12.0, 11.0, 50.0, 20.0), (150.0, 60.0, 30.0, 10.0)]

        figures = evaluate(folder, "AB1", "X", "Y", "Z", boxes=boxes)

        assert figures["found"] == 1.0
        assert figures["exact"] == 1.0
        assert figures["false_per_image"] == 1.5
        assert set(figures["stages"]) == {"find", "read"}

    def test_takes_a_box_too_far_off_for_false_and_the_plate_for_unread(self, folder):
        label(folder, "one.png,AB1,10,10,50,20")

        figures = evaluate(folder, "AB1", boxes=[(45.0, 10.0, 50.0, 20.0)])

        assert (figures["found"], figures["exact"], figures["false_per_image"]) == (0.0, 0.0, 1.0)

    def test_gives_one_find_to_one_plate_only(self, folder):
        label(folder, "one.png,AB1,10,10,50,20", "one.png,AB1,12,10,50,20")

        figures = evaluate(folder, "AB1", boxes=[(10.0, 10.0, 50.0, 20.0)])

        assert figures["found"] == 0.5

    def test_takes_the_surest_find_where_no_box_is_known(self, folder):
        label(folder, "one.png,AB1,,,,")

        figures = evaluate(folder, "AB1", "ZZ9", boxes=[(0.0, 0.0, 50.0, 20.0), (90.0, 0.0, 50.0, 20.0)])

        assert figures["exact"] == 1.0
        assert figures["found"] is None


class TestLoadLabels:
    def test_refuses_a_folder_without_labels(self, tmp_path):
        with pytest.raises(evaluation.LabelsMissingError) as caught:
            evaluation.load_labels(tmp_path)

        assert caught.value.code == "labels-missing"

    @pytest.mark.parametrize("row", ["one.png", "one.png,AB1,a,b,c,d", "one.png,AB1,1,1,0,5"])
    def test_names_the_line_that_cannot_be_used(self, folder, row):
        label(folder, "one.png,AB1,1,1,5,5", row)

        with pytest.raises(evaluation.LabelsError) as caught:
            evaluation.load_labels(folder)

        assert caught.value.code == "labels-invalid"
        assert caught.value.extra == {"line": 3}

    @pytest.mark.parametrize("name", ["three.png", "../outside.png"])
    def test_refuses_a_picture_that_is_not_in_the_folder(self, folder, name):
        label(folder, f"{name},AB1,1,1,5,5")

        with pytest.raises(evaluation.LabelsError, match=r"not in the folder"):
            evaluate(folder)


class TestOnPhotographs:
    """The committed weights on the shared photographs; skipped where they are not at hand."""

    @pytest.mark.parametrize(
        ("name", "exact_o0", "within_one"), [("eu", 0.93, 0.98), ("us", 0.70, 0.93), ("br", 0.82, 0.96)]
    )
    def test_reads_perfect_crops_as_well_as_the_model_card_says(self, name, exact_o0, within_one):
        data = os.environ.get("BOPIS_TEST_DATA", "")
        folder = Path(data) / "plates" / name
        if not data or not folder.is_dir():
            pytest.skip("BOPIS_TEST_DATA names no folder with plates")

        figures = evaluation.evaluate(folder, recognizer=get_recognizer(), detector=None)

        assert figures["exact_o0"] >= exact_o0
        assert figures["within_one"] >= within_one
