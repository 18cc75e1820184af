"""What the tests of the cameras share: a still picture, and recorded videos where there are any."""

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class Still:
    """A picture that an RTSP server can serve."""

    image: NDArray[np.uint8]


@pytest.fixture(scope="session")
def still() -> Still:
    """Blue on the left, yellow on the right, with a white disc: a small lot's worth of picture."""
    image = np.zeros((240, 320, 3), np.uint8)
    image[:, :160], image[:, 160:] = (200, 60, 30), (20, 180, 220)
    cv2.circle(image, (80, 120), 40, (255, 255, 255), -1)
    return Still(image)


@pytest.fixture(scope="session")
def recorded_lot() -> Path:
    """The recorded video of a lot, if BOPIS_TEST_DATA has it."""
    clip = Path(os.environ.get("BOPIS_TEST_DATA") or "none") / "video" / "car-detection.mp4"
    if not clip.is_file():
        pytest.skip("BOPIS_TEST_DATA has no video/car-detection.mp4")
    return clip
