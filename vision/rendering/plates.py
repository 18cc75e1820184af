"""Draw a license plate, flat and clean, and tell where each character is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.rendering import fonts, formats, ornaments
from vision.rendering.looks import SEPARATORS, Color, Format

GAP_SHARE = {" ": 0.45, "-": 0.62, ".": 0.42, "*": 0.62, "+": 0.75}  # of the glyphs' height


@dataclass(frozen=True)
class Glyph:
    """One character's place: its ink's left edge and width, the text line's top and height, in pixels."""

    char: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plate:
    """A flat plate: uint8 [height, width, 3] in BGR, what it says (A-Z0-9 only), and where."""

    image: NDArray[np.uint8]
    text: str
    country: str
    glyphs: tuple[Glyph, ...]


@dataclass(frozen=True)
class _Line:
    """The room for the text, in pixels: its edges, and how tall the characters are."""

    left: float
    right: float
    glyph_px: float


@dataclass(frozen=True)
class _Item:
    """A character or a separator on its way to a place; widths in pixels before the text is fitted."""

    sign: str
    mask: NDArray[np.uint8] | None
    width: float
    gap: float  # to the next


def render_plate(
    text: str, country: str, rng: np.random.Generator, *, height_px: int = 96, with_extra_faces: bool = False
) -> Plate:
    """
    Draw a plate of the country that says the text.

    Equal generators give equal plates. A text that fits none of the country's patterns is drawn as a
    personal plate, with gaps at random.

    :param text: spaces and dashes in it are dropped: the format sets its own.
    :param height_px: the image's height; its width follows the format.
    :param with_extra_faces: also draw with the typefaces of BOPIS_PLATE_FONTS, for training.
    :raises KeyError: if no plate of that country is known.
    """
    plain = formats.normalize(text)
    fitting = [one for one in formats.get_formats(country) if formats.lay_out(plain, one)]
    plate_format = formats.choose_format(fitting or formats.get_formats(country), rng)
    laid = formats.lay_out(plain, plate_format) or _with_gaps(plain, rng)
    return render_format(laid, plate_format, rng, height_px=height_px, with_extra_faces=with_extra_faces)


def render_format(
    laid: str,
    plate_format: Format,
    rng: np.random.Generator,
    *,
    height_px: int,
    with_extra_faces: bool = False,
) -> Plate:
    """Draw a plate of this format; `laid` carries the separators (formats.SEPARATORS)."""
    width_px = round(height_px * plate_format.width_mm / plate_format.height_mm)
    image = ornaments.draw_background(plate_format, width_px, height_px, rng)
    left, right = ornaments.draw_band(image, plate_format, rng)
    ornaments.draw_words(image, plate_format, rng)
    face = _choose_face(plate_format, rng, with_extra_faces)
    margin = height_px * plate_format.margin
    glyph_px = height_px * plate_format.glyph_height * rng.uniform(0.93, 1.07)
    line = _Line(left + margin, right - margin, glyph_px)
    items = _set_type(laid, plate_format, face, glyph_px, rng)
    ink, glyphs = _place(items, image, plate_format, line, rng)
    _print(image, ink, plate_format.ink, rng)
    return Plate(image, formats.normalize(laid), plate_format.country, tuple(glyphs))


def _with_gaps(text: str, rng: np.random.Generator) -> str:
    if len(text) < 4 or rng.random() < 0.3:
        return text
    cut = int(rng.integers(1, len(text)))
    return text[:cut] + SEPARATORS[int(rng.integers(len(SEPARATORS)))] + text[cut:]


def _choose_face(plate_format: Format, rng: np.random.Generator, with_extra_faces: bool) -> str:
    extra = fonts.get_extra_faces() if with_extra_faces and plate_format.country not in {"US", "GB"} else ()
    if extra and rng.random() < 0.4:
        return extra[int(rng.integers(len(extra)))]
    return plate_format.faces[int(rng.integers(len(plate_format.faces)))]


def _set_type(
    laid: str, plate_format: Format, face: str, glyph_px: float, rng: np.random.Generator
) -> list[_Item]:
    """Give every sign its natural width. Some plates set all characters in cells of one width, some tight."""
    scale = glyph_px / fonts.CAP_PX
    cell = np.mean([fonts.get_glyph(face, char).shape[1] for char in "ABDEH0258"]) * scale
    is_mono = rng.random() < 0.55
    spacing = glyph_px * rng.uniform(0.09, 0.24)
    items = []
    for sign in laid:
        if sign in SEPARATORS:
            items.append(
                _Item(sign, None, glyph_px * GAP_SHARE[sign] * rng.uniform(0.75, 1.25), spacing * 0.5)
            )
            continue
        mask = fonts.get_glyph(face, "I" if sign == "1" and plate_format.is_one_a_bar else sign)
        width = mask.shape[1] * scale
        slack = max(0.0, cell - width) if is_mono else 0.0
        items.append(_Item(sign, mask, width, spacing + slack))
    return items


def _place(
    items: list[_Item],
    image: NDArray[np.uint8],
    plate_format: Format,
    line: _Line,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], list[Glyph]]:
    """Fit the items into the line; return the ink as a mask and the glyphs' places."""
    room = line.right - line.left
    natural = sum(item.width + item.gap for item in items) - items[-1].gap
    stretch = min(rng.uniform(0.9, 1.35), room / natural)
    at = line.left + (room - natural * stretch) * rng.beta(4, 4)
    top = image.shape[0] * (plate_format.glyph_line + rng.uniform(-0.02, 0.02)) - line.glyph_px / 2
    ink = np.zeros(image.shape[:2], np.uint8)
    glyphs = []
    for item in items:
        width = item.width * stretch
        if item.mask is None:
            ornaments.draw_separator(image, ink, item.sign, (at, top, width, line.glyph_px), rng)
        else:
            # A narrow character stands in the middle of its cell.
            x = at + (item.gap - _get_spacing(items)) * stretch / 2
            glyphs.append(Glyph(item.sign, x, top, width, line.glyph_px))
            _stamp(ink, item.mask, glyphs[-1])
        at += (item.width + item.gap) * stretch
    return ink, glyphs


def _get_spacing(items: list[_Item]) -> float:
    """Return the smallest gap among the characters: what is over it is the slack of a cell."""
    return min(item.gap for item in items if item.mask is not None)


def _stamp(ink: NDArray[np.uint8], mask: NDArray[np.uint8], glyph: Glyph) -> None:
    over = glyph.height * fonts.OVER_PX / fonts.CAP_PX
    size = (max(1, round(glyph.width)), max(1, round(glyph.height * fonts.MASK_PX / fonts.CAP_PX)))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    column, row = round(glyph.x), round(glyph.y - over)
    height, length = ink.shape
    x0, y0 = max(0, column), max(0, row)
    part = small[y0 - row : max(0, height - row), x0 - column : max(0, length - column)]
    target = ink[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    np.maximum(target, part, out=target)


def _print(image: NDArray[np.uint8], ink: NDArray[np.uint8], color: Color, rng: np.random.Generator) -> None:
    """Color the ink in, bolder or finer than the typeface, with the light edge of embossed sheet."""
    weight = rng.random()
    if weight < 0.25:
        ink = cv2.dilate(ink, np.ones((2, 2), np.uint8)).astype(np.uint8)
    elif weight > 0.8 and image.shape[0] > 48:
        ink = cv2.erode(ink, np.ones((2, 2), np.uint8)).astype(np.uint8)
    base = image.astype(np.float32)
    if rng.random() < 0.5:
        depth = rng.uniform(10, 60)
        edge = np.roll(ink, (-1, -1), (0, 1)).astype(np.float32) - np.roll(ink, (1, 1), (0, 1))
        base += edge[..., None] * (depth / 255)
    share = ink[..., None].astype(np.float32) * (rng.uniform(0.82, 1.0) / 255)
    base += (np.array(color, np.float32) + rng.uniform(-12, 12) - base) * share
    image[:] = np.clip(base, 0, 255).astype(np.uint8)
