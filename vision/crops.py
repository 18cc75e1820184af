"""Crops: a plate cut out of a frame, and its seconds in the broker on its way to a worker."""

import math
import uuid
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from redis.exceptions import ResponseError

from bopis import privacy, valkey
from bopis.errors import DomainError
from vision import decoding
from vision.engines import Detection

KEPT_S = 10
MARGIN_X, MARGIN_Y = 0.03, 0.08  # of the box, added on each side: boxes are a little off
SHARPEST = 0.55  # mean step between neighbor pixels over their spread, in a crisp rendered plate
FULL_WIDTH_PX = 100  # wider plates are no easier to read
_LEAST_SIDE_PX = 8
_PREFIX = "vision:crop:"


class BrokerPersistsError(DomainError):
    """The broker keeps its data on disk, or does not tell: crops may not go there."""

    code: ClassVar[str] = "broker-persists"


def cut(frame: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
    """
    Return a copy of the plate with a little around it, H x W x 3 uint8 BGR; less at the frame's edge.
    """
    wide, high = detection.width * MARGIN_X, detection.height * MARGIN_Y
    left, top = max(math.floor(detection.x - wide), 0), max(math.floor(detection.y - high), 0)
    right = math.ceil(detection.x + detection.width + wide)
    bottom = math.ceil(detection.y + detection.height + high)
    return frame[top:bottom, left:right].copy()


def rate(crop: NDArray[np.uint8]) -> float:
    """
    Return how readable a crop looks, in (0, 1]: wide and sharp, whatever its light.
    """
    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    steps = float(np.abs(np.diff(gray, axis=1)).mean())
    sharpness = steps / (float(gray.std()) + 4.0) / SHARPEST
    width = crop.shape[1] / FULL_WIDTH_PX
    return float(np.clip(min(sharpness, 1.0) * min(width, 1.0), 0.05, 1.0))


def put(crop: NDArray[np.uint8]) -> str:
    """
    Leave a crop in the broker, encrypted, for KEPT_S seconds; return the key to it.

    :raises ValueError: if the crop is too small to show anything.
    """
    if min(crop.shape[:2]) < _LEAST_SIDE_PX:
        raise ValueError("crop too small")
    data = cv2.imencode(".png", crop, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    key = uuid.uuid4().hex
    valkey.client().set(_PREFIX + key, privacy.encrypt_bytes(data), ex=KEPT_S)
    return key


def take(key: str) -> NDArray[np.uint8] | None:
    """
    Take a crop out of the broker, H x W x 3 uint8 BGR; None if it expired or somebody has taken it.

    :raises FrameError: if what lies there is no picture to read.
    """
    data = valkey.client().getdel(_PREFIX + key)
    if not isinstance(data, bytes):
        return None
    return decoding.decode(privacy.decrypt_bytes(data))


def drop(key: str) -> None:
    """Forget a crop that need not be read."""
    valkey.client().unlink(_PREFIX + key)


def refuse_persistent_broker() -> None:
    """
    Make sure that the broker writes nothing to disk.

    :raises BrokerPersistsError: if it does, or will not say.
    """
    try:
        settings = {**valkey.client().config_get("save"), **valkey.client().config_get("appendonly")}
    except ResponseError:
        raise BrokerPersistsError(
            "the broker does not tell whether it persists (CONFIG GET is refused): crops may not go there"
        ) from None
    found = {_text(name): _text(value) for name, value in settings.items()}
    if found.get("save", "?").strip() or found.get("appendonly") != "no":
        raise BrokerPersistsError(
            'the broker writes to disk; crops need one without: save "" and appendonly no',
            save=found.get("save", ""),
            appendonly=found.get("appendonly", ""),
        )


def _text(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
