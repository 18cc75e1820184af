"""The seam: what a detector (where) and a recognizer (what) take and give, whatever they are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from arrivals.matching import Candidate


@dataclass(frozen=True)
class Detection:
    """Where a plate is: the box's left top corner and size in pixels of the frame; confidence in [0, 1]."""

    x: float
    y: float
    width: float
    height: float
    confidence: float


@dataclass(frozen=True)
class Reading:
    """
    What one crop says: the alternatives, best first, their confidences summing to 1 at most.

    Empty where the recognizer sees no character.
    """

    alternatives: tuple[Candidate, ...]

    @property
    def text(self) -> str:
        """The best alternative's text, or "" where there is none."""
        return self.alternatives[0].text if self.alternatives else ""

    @property
    def confidence(self) -> float:
        """The best alternative's confidence, or 0."""
        return self.alternatives[0].confidence if self.alternatives else 0.0


class Detector(Protocol):
    """Finds plates in a frame."""

    def detect(self, frame: NDArray[np.uint8]) -> list[Detection]:
        """
        Return the plates of a frame, the surest first.

        :param frame: uint8 [height, width, 3], BGR.
        """
        ...


class Recognizer(Protocol):
    """Reads plates in crops."""

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> list[Reading]:
        """
        Return one reading a crop, in their order.

        :param crops: uint8 [height, width, 3] BGR, or [height, width] gray; any size, each about one plate.
        """
        ...
