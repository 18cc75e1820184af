"""What stands on a plate beside its characters: band, seals, dashes, names, slogans, art, borders, bolts."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.rendering import fonts
from vision.rendering.looks import Band, Color, Format

Picture: TypeAlias = NDArray[np.uint8]  # [height, width, 3] BGR

_BAND_BLUE: Color = (150, 50, 10)
_STAR_YELLOW: Color = (30, 200, 250)
_LETTERING: Color = (240, 240, 240)
_BAND_SHARE = 0.40  # of the plate's height; 40 to 44 mm of 110


def draw_background(plate_format: Format, width: int, height: int, rng: np.random.Generator) -> Picture:
    """Return the bare sheet: color, art, border, bolts."""
    tint = rng.normal(0, 6, 3)
    color = np.clip(np.array(plate_format.background) + tint, 0, 255)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = color.astype(np.uint8)
    if plate_format.has_art and rng.random() < 0.75:
        _draw_art(image, rng)
    if rng.random() < 0.6:
        inset = round(height * rng.uniform(0.01, 0.04))
        shade = tuple(int(part) for part in color * rng.uniform(0.1, 0.9))
        thick = max(1, round(height * rng.uniform(0.01, 0.025)))
        cv2.rectangle(
            image, (inset, inset), (width - 1 - inset, height - 1 - inset), shade, thick, cv2.LINE_AA
        )
    if plate_format.country in {"US", "BR"} or rng.random() < 0.2:
        _draw_bolts(image, rng)
    return image


def draw_band(image: Picture, plate_format: Format, rng: np.random.Generator) -> tuple[float, float]:
    """Draw the blue field, if there is one and the owner kept it; return the edges left for the text."""
    height, width = image.shape[:2]
    if plate_format.band == Band.NONE or (plate_format.band == Band.LEFT and rng.random() < 0.12):
        return 0.0, float(width)
    if plate_format.band == Band.TOP:
        depth = round(height * 0.24)
        image[:depth] = _BAND_BLUE
        draw_words_at(
            image,
            plate_format.band_text,
            (width / 2, depth / 2),
            cap_px=depth * 0.55,
            color=_LETTERING,
            rng=rng,
        )
        return 0.0, float(width)
    share = round(height * _BAND_SHARE * rng.uniform(0.85, 1.1))
    _draw_field(image[:, :share], plate_format.band_text, rng)
    if plate_format.band == Band.BOTH:
        image[:, width - share :] = _BAND_BLUE
        return float(share), float(width - share)
    return float(share), float(width)


def _draw_field(part: Picture, letters: str, rng: np.random.Generator) -> None:
    height, width = part.shape[:2]
    shade = np.clip(np.array(_BAND_BLUE) + rng.normal(0, 12, 3), 0, 255)
    part[:] = shade.astype(np.uint8)
    center = (width / 2, height * 0.32)
    if rng.random() < 0.8:
        for turn in np.linspace(0, 2 * np.pi, 12, endpoint=False):
            spot = (
                round(center[0] + width * 0.3 * np.cos(turn)),
                round(center[1] + width * 0.3 * np.sin(turn)),
            )
            cv2.circle(part, spot, max(1, round(width * 0.04)), _STAR_YELLOW, -1, cv2.LINE_AA)
    draw_words_at(part, letters, (width / 2, height * 0.77), cap_px=height * 0.24, color=_LETTERING, rng=rng)


def draw_words(image: Picture, plate_format: Format, rng: np.random.Generator) -> None:
    """Draw the name over the text and the slogan under it, each most of the time."""
    height, width = image.shape[:2]
    faint = tuple(int(part) for part in rng.uniform(0.2, 1.2) * np.array(plate_format.ink))
    color: Color = (min(255, faint[0]), min(255, faint[1]), min(255, faint[2]))
    if rng.random() < 0.4 and plate_format.country == "US":
        color = (int(rng.integers(0, 200)), int(rng.integers(0, 120)), int(rng.integers(0, 255)))
    if plate_format.captions and rng.random() < 0.9:
        word = plate_format.captions[int(rng.integers(len(plate_format.captions)))]
        share = 0.13 if plate_format.country == "US" else 0.10
        top = (plate_format.glyph_line - plate_format.glyph_height / 2) * height / 2
        at = (width / 2, top * rng.uniform(0.85, 1.15))
        draw_words_at(image, word, at, cap_px=height * share, color=color, rng=rng)
    if plate_format.slogans and rng.random() < 0.8:
        word = plate_format.slogans[int(rng.integers(len(plate_format.slogans)))]
        at = (width / 2, height * rng.uniform(0.86, 0.91))
        draw_words_at(image, word, at, cap_px=height * 0.085, color=color, rng=rng)
    if plate_format.country == "US":
        _draw_stickers(image, rng)


def draw_words_at(
    image: Picture,
    words: str,
    middle: tuple[float, float],
    *,
    cap_px: float,
    color: Color,
    rng: np.random.Generator,
) -> None:
    """Write small words around a middle point, cut at the picture's edges."""
    if not words or cap_px < 2:
        return
    face = fonts.CAPTION[int(rng.integers(len(fonts.CAPTION)))]
    gap = np.zeros((fonts.MASK_PX, 10), np.uint8)
    parts = [part for char in words for part in (fonts.get_glyph(face, char), gap)]
    mask = np.hstack(parts)
    scale = cap_px / fonts.CAP_PX
    room = image.shape[1] * 0.96
    size = (
        max(1, round(min(mask.shape[1] * scale, room))),
        max(1, round(mask.shape[0] * scale)),
    )
    blend(image, cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.uint8), middle, color)


def blend(image: Picture, mask: NDArray[np.uint8], middle: tuple[float, float], color: Color) -> None:
    """Lay a color over the picture where the mask says so; what lies outside the picture is cut."""
    height, width = mask.shape
    x, y = round(middle[0] - width / 2), round(middle[1] - height / 2)
    x0, y0 = max(0, x), max(0, y)
    part = mask[y0 - y : max(0, image.shape[0] - y), x0 - x : max(0, image.shape[1] - x)]
    if not part.size:
        return
    target = image[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    share = part[..., None].astype(np.float32) / 255
    target[:] = (target * (1 - share) + np.array(color, np.float32) * share).astype(np.uint8)


def draw_separator(
    image: Picture,
    ink: NDArray[np.uint8],
    sign: str,
    place: tuple[float, float, float, float],
    rng: np.random.Generator,
) -> None:
    """Draw what stands between groups: dash and dot into the ink, seals and pictures in their own colors."""
    x, top, width, height = place
    middle = (round(x + width / 2), round(top + height / 2))
    if sign == "-" and rng.random() < 0.9:
        reach, thick = width * rng.uniform(0.18, 0.34), max(1, round(height * rng.uniform(0.06, 0.13)))
        cv2.line(
            ink, (round(middle[0] - reach), middle[1]), (round(middle[0] + reach), middle[1]), 255, thick
        )
    elif sign == "." and rng.random() < 0.9:
        cv2.circle(ink, middle, max(1, round(height * 0.08)), 255, -1, cv2.LINE_AA)
    elif sign == "*":
        _draw_seals(image, ink, place, rng)
    elif sign == "+":
        _draw_emblem(image, middle, width, height, rng)


def _any_color(rng: np.random.Generator) -> Color:
    return (int(rng.integers(0, 230)), int(rng.integers(0, 230)), int(rng.integers(0, 230)))


def _draw_seals(
    image: Picture, ink: NDArray[np.uint8], place: tuple[float, float, float, float], rng: np.random.Generator
) -> None:
    """One shield, or a sticker over another with or without a dash between: as in Germany, Slovakia."""
    left, top, width, height = place
    x, y = round(left + width / 2), round(top + height / 2)
    kind = rng.random()
    if kind < 0.3:
        cv2.ellipse(image, (x, y), (round(width * 0.36), round(height * rng.uniform(0.2, 0.32))), 0, 0, 360,
                    _any_color(rng), -1, cv2.LINE_AA)  # fmt: skip
        cv2.circle(image, (x, y), max(1, round(width * 0.15)), _any_color(rng), -1, cv2.LINE_AA)
        return
    size = max(1, round(min(width * 0.34, height * 0.19)))
    reach = round(height * rng.uniform(0.2, 0.3))
    for side in (-1, 1):
        if rng.random() < 0.85:
            cv2.circle(image, (x, y + side * reach), size, _any_color(rng), -1, cv2.LINE_AA)
            cv2.circle(image, (x, y + side * reach), max(1, size // 2), _any_color(rng), -1, cv2.LINE_AA)
    if kind > 0.6:
        half = round(width * 0.28)
        cv2.line(ink, (x - half, y), (x + half, y), 255, max(1, round(height * 0.08)))


def _draw_emblem(
    image: Picture, middle: tuple[int, int], width: float, height: float, rng: np.random.Generator
) -> None:
    """A blot with corners in one or two colors, about as large as a state's outline or a county's sticker."""
    corners = int(rng.integers(4, 9))
    turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = np.stack([np.cos(turns) * width * 0.42, np.sin(turns) * height * rng.uniform(0.2, 0.5)], 1)
    points = np.round(reach * rng.uniform(0.5, 1.0, (corners, 1)) + middle).astype(np.int32)
    if rng.random() < 0.35:
        size = np.array([width * rng.uniform(0.2, 0.4), height * rng.uniform(0.12, 0.35)])
        points = np.round(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size + middle).astype(np.int32)
    cv2.fillPoly(image, [points], _any_color(rng), cv2.LINE_AA)
    if rng.random() < 0.5:
        cv2.circle(
            image, middle, max(1, round(width * rng.uniform(0.08, 0.2))), _any_color(rng), -1, cv2.LINE_AA
        )


def _draw_stickers(image: Picture, rng: np.random.Generator) -> None:
    """Month and year in the corners."""
    height, width = image.shape[:2]
    for corner in range(4):
        if rng.random() < 0.3:
            w, h = width * rng.uniform(0.06, 0.13), height * rng.uniform(0.09, 0.17)
            x = rng.uniform(0.0, 0.06) * width if corner % 2 else width * rng.uniform(0.94, 1.0) - w
            y = rng.uniform(0.0, 0.06) * height if corner < 2 else height * rng.uniform(0.94, 1.0) - h
            cv2.rectangle(image, (round(x), round(y)), (round(x + w), round(y + h)), _any_color(rng), -1)
            digits = str(int(rng.integers(1, 99)))
            at = (x + w / 2, y + h / 2)
            draw_words_at(image, digits, at, cap_px=h * 0.5, color=_any_color(rng), rng=rng)


def _draw_art(image: Picture, rng: np.random.Generator) -> None:
    """Fade the sheet toward other colors, and raise hills on it."""
    height, width = image.shape[:2]
    base = image.astype(np.float32)
    fade = np.abs(np.linspace(-1, 1, height) - rng.uniform(-0.6, 0.6)) ** rng.uniform(1, 4)
    other = np.array(_any_color(rng), np.float32)
    base += (other - base) * (np.clip(fade, 0, 1) * rng.uniform(0.2, 0.8))[:, None, None]
    image[:] = np.clip(base, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        xs = np.linspace(0, width, 9)
        ys = height * (rng.uniform(0.55, 0.9) - rng.uniform(0, 0.15, 9))
        hills = (
            np.concatenate([np.stack([xs, ys], 1), [[width, height], [0, height]]]).round().astype(np.int32)
        )
        layer = image.copy()
        cv2.fillPoly(layer, [hills], _any_color(rng), cv2.LINE_AA)
        share = rng.uniform(0.1, 0.45)
        image[:] = cv2.addWeighted(layer, share, image, 1 - share, 0)


def _draw_bolts(image: Picture, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    inset = rng.uniform(0.16, 0.3)
    size = max(1, round(height * rng.uniform(0.02, 0.045)))
    shade = int(rng.integers(10, 200))
    for row in (0.08, 0.92):
        for column in (inset, 1 - inset):
            if rng.random() < 0.8:
                spot = (round(width * column), round(height * row))
                cv2.circle(image, spot, size, (shade, shade, shade), -1, cv2.LINE_AA)
