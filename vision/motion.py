"""The motion gate: what has changed against a slowly learned picture of the empty lot."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GATE_WIDTH = 320
LEARNING_S = 2.0  # what stands still for a few times this belongs to the lot
NOISE_LEVELS = 14.0  # gray levels: a sensor's noise, after averaging, stays below
LEAST_SHARE = 0.0006  # of the picture: about 35 pixels of 320 x 180, a distant car's front


@dataclass(frozen=True)
class Motion:
    """
    What moves on one frame.

    `mask` is small (GATE_WIDTH wide) uint8, 255 where it moves; `scale` brings its pixels to the
    frame's; `box` is left, top, right, bottom in the frame's pixels, with all that moves in it.
    """

    mask: NDArray[np.uint8]
    scale: float
    box: tuple[int, int, int, int]

    def share_in(self, x: float, y: float, width: float, height: float) -> float:
        """
        Return how much of a box of the frame moves, 0 to 1.
        """
        left, top = int(x / self.scale), int(y / self.scale)
        right, bottom = int((x + width) / self.scale) + 1, int((y + height) / self.scale) + 1
        part = self.mask[max(top, 0) : bottom, max(left, 0) : right]
        return float(part.mean()) / 255 if part.size else 0.0


class MotionGate:
    """
    Looks at one camera's frames in turn; a stream of another size makes it begin anew.

    :param region: what to look at, corners as shares of width and height; empty for everything.
    """

    def __init__(self, region: tuple[tuple[float, float], ...] = ()) -> None:
        self._region = region
        self._lot: NDArray[np.float32] | None = None
        self._watched: NDArray[np.uint8] | None = None
        self._seen_at = 0.0

    def look(self, frame: NDArray[np.uint8], at_s: float) -> Motion | None:
        """
        Return what moves on a frame, H x W x 3 uint8 BGR; None if nothing does, as on the first.

        :param at_s: when it was taken, in seconds of any clock that only goes forward.
        """
        scale = max(frame.shape[1] / GATE_WIDTH, 1.0)
        size = (round(frame.shape[1] / scale), round(frame.shape[0] / scale))
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale <= 4 else cv2.INTER_LINEAR)
        gray = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0).astype(np.float32)
        if self._lot is None or self._lot.shape != gray.shape:
            self._begin(gray, at_s)
            return None
        mask = self._compare(gray)
        self._learn(gray, at_s)
        return self._bound(mask, scale, frame.shape)

    def _begin(self, gray: NDArray[np.float32], at_s: float) -> None:
        self._lot, self._seen_at, self._watched = gray.copy(), at_s, None
        if self._region:
            corners = np.array(self._region) * gray.shape[::-1]
            self._watched = np.zeros(gray.shape, np.uint8)
            cv2.fillPoly(self._watched, [corners.round().astype(np.int32)], 255)

    def _compare(self, gray: NDArray[np.float32]) -> NDArray[np.uint8]:
        assert self._lot is not None
        # The whole picture brighter or darker is a cloud or the camera's own exposure, not a car.
        shift = float(np.median(gray[::4, ::4] - self._lot[::4, ::4]))
        difference = cv2.absdiff(gray - shift, self._lot)
        mask = (difference > NOISE_LEVELS).astype(np.uint8) * 255
        if self._watched is not None:
            mask = cv2.bitwise_and(mask, self._watched).astype(np.uint8)
        return cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)).astype(np.uint8)

    def _learn(self, gray: NDArray[np.float32], at_s: float) -> None:
        assert self._lot is not None
        passed = max(at_s - self._seen_at, 0.0)
        self._seen_at = at_s
        cv2.accumulateWeighted(gray, self._lot, float(1 - np.exp(-passed / LEARNING_S)))

    def _bound(self, mask: NDArray[np.uint8], scale: float, shape: tuple[int, ...]) -> Motion | None:
        if cv2.countNonZero(mask) < LEAST_SHARE * mask.size:
            return None
        mask = cv2.dilate(mask, np.ones((5, 5), np.uint8)).astype(np.uint8)
        x, y, width, height = cv2.boundingRect(mask)
        right, bottom = min(round((x + width) * scale), shape[1]), min(round((y + height) * scale), shape[0])
        return Motion(mask, scale, (round(x * scale), round(y * scale), right, bottom))
