"""Glyph masks of the vendored typefaces, and of any that stand in the folder BOPIS_PLATE_FONTS."""

import os
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).parent / "fonts"
CAP_PX = 80  # height of a capital H in a mask
OVER_PX, UNDER_PX = 6, 14  # round letters reach over both lines, the tail of a Q far under the lower
MASK_PX = OVER_PX + CAP_PX + UNDER_PX

NARROW = ("OSP-DIN", "RG2014B", "saira-condensed-latin-500-normal", "oswald-latin-400-normal")
MEDIUM = ("RG2014C", "saira-condensed-latin-600-normal", "rajdhani-latin-600-normal", "RG2014D")
WIDE = ("barlow-latin-600-normal", "barlow-latin-500-normal", "overpass-latin-600-normal", "RG2014E")
CAPTION = ("barlow-latin-600-normal", "overpass-latin-500-normal")


@cache
def get_extra_faces() -> tuple[str, ...]:
    """
    Return the paths of further typefaces to train with: the plate-like ones, whose licences keep them out.

    The environment variable BOPIS_PLATE_FONTS names their folder; without it there are none.
    """
    folder = os.environ.get("BOPIS_PLATE_FONTS", "")
    return tuple(sorted(str(path) for path in Path(folder).glob("*.ttf"))) if folder else ()


@cache
def get_glyph(face: str, char: str) -> NDArray[np.uint8]:
    """
    Return one character as a mask, tight at its sides, MASK_PX high, 255 where the ink is.

    :param face: the file name of a vendored typeface without its suffix, or the path of another.
    """
    font = _load(face)
    canvas = Image.new("L", (4 * CAP_PX, 4 * CAP_PX))
    ImageDraw.Draw(canvas).text((CAP_PX, 3 * CAP_PX), char, font=font, fill=255, anchor="ls")
    band = np.asarray(canvas)[2 * CAP_PX - OVER_PX : 3 * CAP_PX + UNDER_PX]
    columns = np.flatnonzero(band.max(axis=0) > 40)
    if not columns.size:
        return np.zeros((MASK_PX, CAP_PX // 4), np.uint8)
    return np.ascontiguousarray(band[:, columns[0] : columns[-1] + 1])


@cache
def _load(face: str) -> ImageFont.FreeTypeFont:
    path = Path(face) if face.endswith(".ttf") else next(FOLDER.glob(f"{face}.*"))
    trial = ImageFont.truetype(path, 200)
    _, top, _, bottom = trial.getbbox("H", anchor="ls")
    return ImageFont.truetype(path, 200 * CAP_PX / (bottom - top))
