"""How well engines find and read the plates of a folder of labeled pictures."""

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from arrivals.misreads import count_edits
from bopis.errors import DomainError
from bopis.privacy import normalize_plate
from vision import crops, decoding
from vision.engines import Detection, Detector, Recognizer

FOUND_IOU = 0.4  # as the published benchmarks of plate detection count
UNKNOWN = "?"  # in a label: a plate that nobody could read

Result = TypeVar("Result")


class LabelsError(DomainError):
    """The folder's labels cannot be used; nothing was measured."""

    code: ClassVar[str] = "labels-invalid"
    status: ClassVar[int] = 422


class LabelsMissingError(LabelsError):
    """The folder holds no labels.csv."""

    code = "labels-missing"


@dataclass(frozen=True)
class Label:
    """One plate of a picture: normalized text, None where nobody could read it; its box, if known."""

    text: str | None
    box: Detection | None


@dataclass
class Tally:
    """Counts over a folder; `get_figures` makes rates of them."""

    images: int = 0
    plates: int = 0
    readable: int = 0
    exact: int = 0
    exact_o0: int = 0
    within_one: int = 0
    boxed: int = 0
    found: int = 0
    false: int = 0
    stages_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def count_read(self, read: str, truth: str) -> None:
        """Count one reading against what the plate says."""
        edits = count_edits(_fold(read), _fold(truth))
        self.readable += 1
        self.exact += read == truth
        self.exact_o0 += edits == 0
        self.within_one += edits <= 1

    def time(self, stage: str, work: Callable[[], Result]) -> Result:
        """Do the work and note how long this stage of it took."""
        start = time.perf_counter()
        result = work()
        self.stages_ms[stage].append((time.perf_counter() - start) * 1000)
        return result

    def get_figures(self) -> dict[str, object]:
        """Return what `evaluate_plates --json` prints; rates are None where there was nothing to rate."""
        totals = [sum(stages) for stages in zip(*self.stages_ms.values(), strict=True)]
        return {
            "images": self.images,
            "plates": self.plates,
            "exact": _rate(self.exact, self.readable),
            "exact_o0": _rate(self.exact_o0, self.readable),
            "within_one": _rate(self.within_one, self.readable),
            "found": _rate(self.found, self.boxed),
            "false_per_image": _rate(self.false, self.images),
            "ms_median": round(median(totals), 2) if totals else None,
            "ms_p95": round(quantiles(totals, n=20)[-1], 2) if len(totals) > 1 else None,
            "stages": {name: round(median(spent), 2) for name, spent in self.stages_ms.items()},
        }


def evaluate(folder: Path, *, recognizer: Recognizer, detector: Detector | None) -> dict[str, object]:
    """
    Measure the engines on every labeled picture of the folder.

    :param detector: None reads the crops that the labels name (perfect crops), whole pictures otherwise.
    :raises LabelsError: if the labels are missing or cannot be used.
    :raises FrameError: if a picture cannot be decoded.
    """
    tally = Tally()
    for picture, labels in _open_pictures(folder):
        tally.images += 1
        tally.plates += len(labels)
        if detector:
            _judge_picture(picture, labels, recognizer, detector, tally)
        else:
            _judge_crops(picture, labels, recognizer, tally)
    return tally.get_figures()


def load_labels(folder: Path) -> dict[str, list[Label]]:
    """
    Return the plates of each picture, in the file's order; a picture without a plate has none.

    :raises LabelsMissingError: if there is no labels.csv.
    :raises LabelsError: if a row of it cannot be used; the sentence names the row.
    """
    path = folder / "labels.csv"
    if not path.is_file():
        raise LabelsMissingError("the folder holds no labels.csv (file,plate_text,x,y,w,h)")
    labels: dict[str, list[Label]] = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                plates = labels.setdefault(row["file"], [])
                if row["plate_text"].strip():
                    plates.append(_parse(row))
            except (KeyError, AttributeError, ValueError) as error:
                raise LabelsError(f"line {number} of labels.csv cannot be used", line=number) from error
    return labels


def _parse(row: dict[str, str]) -> Label:
    numbers = [row.get(name) or "" for name in "xywh"]
    box = None
    if all(numbers):
        x, y, width, height = map(float, numbers)
        if width <= 0 or height <= 0:
            raise ValueError("a box has no size")
        box = Detection(x, y, width, height, 1.0)
    text = None if row["plate_text"] == UNKNOWN else normalize_plate(row["plate_text"])
    return Label(text, box)


def _open_pictures(folder: Path) -> Iterator[tuple[NDArray[np.uint8], list[Label]]]:
    for name, labels in load_labels(folder).items():
        path = folder / name
        if path.resolve().parent != folder.resolve() or not path.is_file():
            raise LabelsError(f"labels.csv names {name}, which is not in the folder", file=name)
        yield decoding.decode(path.read_bytes()), labels


def _judge_crops(
    picture: NDArray[np.uint8], labels: list[Label], recognizer: Recognizer, tally: Tally
) -> None:
    for label in labels:
        if label.text is not None and label.box:
            crop = cut(picture, label.box)
            readings = tally.time("read", partial(recognizer.read, [crop]))
            tally.count_read(readings[0].text, label.text)


def _judge_picture(
    picture: NDArray[np.uint8],
    labels: list[Label],
    recognizer: Recognizer,
    detector: Detector,
    tally: Tally,
) -> None:
    finds = tally.time("find", lambda: detector.detect(picture))
    parts = [crops.cut(picture, find) for find in finds]
    texts = tally.time("read", lambda: [reading.text for reading in recognizer.read(parts)])
    left = dict(enumerate(finds))
    for label in labels:
        number = _pick(label, left)
        if label.box:
            tally.boxed += 1
            tally.found += number is not None
        if label.text is not None:
            tally.count_read("" if number is None else texts[number], label.text)
        left.pop(-1 if number is None else number, None)
    tally.false += len(left)


def _pick(label: Label, finds: dict[int, Detection]) -> int | None:
    """Return the find that overlaps the plate most; without a box the surest find."""
    if label.box is None:
        return min(finds, default=None)
    fits = {number: get_iou(find, label.box) for number, find in finds.items()}
    best = max(fits, key=lambda number: fits[number], default=None)
    return best if best is not None and fits[best] >= FOUND_IOU else None


def get_iou(one: Detection, other: Detection) -> float:
    """Return the shared area of two boxes over their joint area, 0 to 1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.width * one.height + other.width * other.height - shared)


def cut(picture: NDArray[np.uint8], box: Detection) -> NDArray[np.uint8]:
    """Return the part of the picture inside the box, at least a pixel, as a view."""
    height, width = picture.shape[:2]
    x, y = (min(max(0, round(box.x)), width - 1), min(max(0, round(box.y)), height - 1))
    return picture[y : max(y + 1, round(box.y + box.height)), x : max(x + 1, round(box.x + box.width))]


def _fold(text: str) -> str:
    return text.replace("O", "0")


def _rate(count: int, total: int) -> float | None:
    return round(count / total, 4) if total else None
