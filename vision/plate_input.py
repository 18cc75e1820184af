"""A crop of any size, as the plate network takes it."""

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 160, 40  # width is a whole multiple of height, so that EasyOCR neither pads nor stretches


def prepare(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """
    Turn a crop gray and bring it to the network's size: by areas when shrinking, else by cubic splines.

    :param crop: uint8 [height, width, 3] BGR, or [height, width] gray; not empty.
    :return: uint8 [40, 160].
    """
    gray = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    shrinks = gray.shape[0] > HEIGHT and gray.shape[1] > WIDTH
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(gray, (WIDTH, HEIGHT), interpolation=way).astype(np.uint8, copy=False)
