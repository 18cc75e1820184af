"""The plate detector: a small network of the project's own, run by onnxruntime."""

import hashlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision.easyocr_engine import WeightsChangedError, WeightsMissingError
from vision.engines import Detection

WEIGHTS = Path(__file__).parent / "weights" / "plate_finder.onnx"
SCALE = 0.5  # the network was trained at half of the scale at which a plate to read is 60 to 250 pixels wide
CELL = 8  # pixels of the scaled picture that share one answer
LEAST_SCORE = 0.6
MOST_SIDE_PX = 1280  # larger frames are scaled down to it first
_SHARED = 0.35  # two boxes that share more than this are one plate


class PlateDetector:
    """Finds plates between about 36 and 300 pixels wide."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        """
        Load the network.

        :raises WeightsMissingError: if its file is not there.
        :raises WeightsChangedError: if it is not the one that was committed.
        """
        options = onnxruntime.SessionOptions()
        # A frame takes milliseconds; more threads would only fight the other cameras for the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._network = onnxruntime.InferenceSession(
            _read(weights), options, providers=["CPUExecutionProvider"]
        )

    def detect(self, frame: NDArray[np.uint8]) -> list[Detection]:
        """Return the plates of a frame, the surest first; see `vision.engines.Detector`."""
        scale = SCALE * min(1.0, MOST_SIDE_PX / max(frame.shape[:2]))
        cells = self._network.run(None, {"gray": _prepare(frame, scale)})[0][0]
        return _decode(np.asarray(cells, np.float32), scale, frame.shape)


@cache
def get_detector() -> PlateDetector:
    """Return this process's detector, loaded at the first call; threads may share it."""
    return PlateDetector()


def _read(weights: Path) -> bytes:
    try:
        data = weights.read_bytes()
        wanted = weights.with_suffix(".sha256").read_text().split()[0]
    except FileNotFoundError as error:
        raise WeightsMissingError(
            f"{weights.name} is missing: restore it from the repository", file=weights.name
        ) from error
    if hashlib.sha256(data).hexdigest() != wanted:
        raise WeightsChangedError(
            f"{weights.name} is not the file that was committed: restore it from the repository",
            file=weights.name,
        )
    return data


def _prepare(frame: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    """Return the frame gray, scaled and filled up to whole cells, 1 x 1 x H x W float32 in [0, 1]."""
    gray = frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    size = (max(round(gray.shape[1] * scale), 1), max(round(gray.shape[0] * scale), 1))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    height, width = small.shape
    filled = cv2.copyMakeBorder(small, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_REPLICATE)
    ready: NDArray[np.float32] = np.multiply(filled, 1 / 255, dtype=np.float32)[None, None]
    return ready


def _decode(cells: NDArray[np.float32], scale: float, shape: tuple[int, ...]) -> list[Detection]:
    """
    Turn the network's answer into boxes.

    :param cells: 5 x rows x columns: logit; then, in cells, how far the plate's middle is from the cell's
        (x, y), and the logarithms of its width and height.
    """
    rows, columns = np.nonzero(cells[0] > np.log(LEAST_SCORE / (1 - LEAST_SCORE)))
    if not rows.size:
        return []
    logit, right, down, wide, high = cells[:, rows, columns]
    pixel = CELL / scale
    width, height = np.exp(np.minimum(wide, 5)) * pixel, np.exp(np.minimum(high, 5)) * pixel
    x, y = (columns + 0.5 + right) * pixel - width / 2, (rows + 0.5 + down) * pixel - height / 2
    scores = 1 / (1 + np.exp(-logit))
    boxes = np.stack([x, y, width, height], axis=1)
    found = []
    for box, score in _merge(boxes, scores):
        left, top = max(round(float(box[0])), 0), max(round(float(box[1])), 0)
        right_px = min(round(float(box[0] + box[2])), shape[1])
        bottom_px = min(round(float(box[1] + box[3])), shape[0])
        if right_px - left > 8 and bottom_px - top > 4:
            found.append(Detection(left, top, right_px - left, bottom_px - top, score))
    return found


def _merge(
    boxes: NDArray[np.float32], scores: NDArray[np.float32]
) -> list[tuple[NDArray[np.float32], float]]:
    """Average the boxes of each plate by their scores; the surest plate first."""
    merged = []
    free = np.argsort(-scores)
    while free.size:
        first = boxes[free[0]]
        same = _share(first, boxes[free]) > _SHARED
        group = free[same]
        weights = scores[group][:, None]
        merged.append(((boxes[group] * weights).sum(axis=0) / weights.sum(), float(scores[group[0]])))
        free = free[~same]
    return merged


def _share(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersection of a box with others over their union."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    share: NDArray[np.float32] = shared / (box[2] * box[3] + others[:, 2] * others[:, 3] - shared)
    return share
