"""Encoded pictures from outside to arrays, with the header judged before any pixel is unfolded."""

import io
import warnings
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from bopis.errors import DomainError
from vision import opencv

MAX_BYTES = 24 * 2**20
MAX_PIXELS = 2**24  # twice a 4K frame; equals OPENCV_IO_MAX_IMAGE_PIXELS (vision/__init__.py)
MIN_SIDE_PX = 8
FORMATS = ("JPEG", "PNG", "WEBP")  # what cameras send; every other parser stays closed

opencv.clean_library_path()


class FrameError(DomainError):
    """A picture that is not read; the frame is dropped and the loop lives on."""

    code: ClassVar[str] = "frame-refused"
    status: ClassVar[int] = 422


class FrameEmptyError(FrameError):
    """No bytes at all."""

    code = "frame-empty"


class FrameNotAnImageError(FrameError):
    """Bytes that are no JPEG, PNG or WebP, or broken inside."""

    code = "frame-not-an-image"


class FrameTooLargeError(FrameError):
    """More bytes or pixels than any camera sends: a mistake or an attack."""

    code = "frame-too-large"
    status = 413


class FrameTruncatedError(FrameError):
    """A picture whose end is missing."""

    code = "frame-truncated"


def decode(data: bytes) -> NDArray[np.uint8]:
    """
    Decode one picture.

    Gray, 16-bit and transparent pictures come out like all others.

    :return: uint8 [height, width, 3], BGR.
    :raises FrameEmptyError: if there are no bytes.
    :raises FrameTooLargeError: if the bytes or the pixels that the header announces are too many.
    :raises FrameNotAnImageError: if it is no JPEG, PNG or WebP, or smaller than 8 pixels.
    :raises FrameTruncatedError: if its end is missing.
    """
    if not data:
        raise FrameEmptyError("the frame has no bytes")
    if len(data) > MAX_BYTES:
        raise FrameTooLargeError("the frame has too many bytes", bytes=len(data), most=MAX_BYTES)
    kind, width, height = _read_header(data)
    if width * height > MAX_PIXELS:
        raise FrameTooLargeError("the frame has too many pixels", width=width, height=height, most=MAX_PIXELS)
    if min(width, height) < MIN_SIDE_PX:
        raise FrameNotAnImageError("the frame is too small to show anything", width=width, height=height)
    if not _is_whole(kind, data):
        raise FrameTruncatedError("the frame's end is missing", format=kind)
    return _unfold(data)


def _read_header(data: bytes) -> tuple[str, int, int]:
    try:
        with warnings.catch_warnings():
            # The pixels are counted here, not there: Pillow's own limits are wider and only warn.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                return str(picture.format), *picture.size
    except Image.DecompressionBombError as error:
        raise FrameTooLargeError("the frame has too many pixels", most=MAX_PIXELS) from error
    except UnidentifiedImageError as error:
        raise FrameNotAnImageError("the frame is no JPEG, PNG or WebP picture") from error
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow's parsers raise on a broken header
        raise FrameTruncatedError("the frame's header is cut off or broken") from error


def _is_whole(kind: str, data: bytes) -> bool:
    """Look for the format's own end mark: OpenCV fills what is missing with gray and says nothing."""
    if kind == "PNG":
        return b"IEND" in data[-64:]
    if kind == "WEBP":
        return len(data) >= 8 + int.from_bytes(data[4:8], "little")
    return b"\xff\xd9" in data[-64:]  # some cameras pad a JPEG behind its end


def _unfold(data: bytes) -> NDArray[np.uint8]:
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise FrameNotAnImageError("the frame is broken inside") from error
    if picture is None:
        raise FrameNotAnImageError("the frame is broken inside")
    return picture.astype(np.uint8, copy=False)
