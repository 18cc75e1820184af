"""The faces of a car, painted flat: front with plate and lamps, sheet, glass, flanks, light and shadow."""

from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np

from vision.rendering.geometry import Image, Points, Texture, as_image

PX_PER_M = 420  # of the painted faces: a plate of 0.52 m is then 218 pixels wide
NIGHT_GAIN = (0.26, 0.22, 0.20)  # BGR: what is left of the paint's colors under the lot's lamps
PLATE_NIGHT_GAIN = (0.80, 0.80, 0.80)  # plates throw the camera's own light back

Color = tuple[int, int, int]  # BGR


@dataclass(frozen=True)
class Shape:
    """A body, in meters: the front stands at z = 0 and the car reaches back from there."""

    width: float
    length: float
    hood_y: float  # top of the front
    base_z: float  # foot of the windscreen
    base_y: float
    roof_z: float  # top of the windscreen
    roof_y: float
    roof_half: float
    tail_z: float  # end of the roof
    plate_y: float = 0.47


def _canvas(width_m: float, height_m: float, color: Color = (0, 0, 0), alpha: int = 0) -> Image:
    size = (round(height_m * PX_PER_M), round(width_m * PX_PER_M), 4)
    picture = np.zeros(size, np.uint8)
    picture[:] = (*color, alpha)
    return picture


def _rounded(picture: Image, box: tuple[float, float, float, float], color: Color, radius: float) -> None:
    """Fill a rounded rectangle, given as shares of the picture's width and height, opaque."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    r = min(radius * height, (right - left) / 2, (bottom - top) / 2)
    angles = np.linspace(0, np.pi / 2, 12)
    corners = [
        (right - r, bottom - r, 0),
        (left + r, bottom - r, 1),
        (left + r, top + r, 2),
        (right - r, top + r, 3),
    ]
    outline = [
        (x + r * cos(a + quarter * np.pi / 2), y + r * sin(a + quarter * np.pi / 2))
        for x, y, quarter in corners
        for a in angles
    ]
    points = (np.array(outline) * 16).astype(np.int32)
    cv2.fillPoly(picture, [points], (*color, 255), cv2.LINE_AA, shift=4)


def _shade(picture: Image, rows: tuple[float, ...], columns: tuple[float, ...]) -> None:
    """Brighten and darken along both sides, by factors at even distances; alpha stays."""
    height, width = picture.shape[:2]
    down = np.interp(np.linspace(0, 1, height), np.linspace(0, 1, len(rows)), rows)
    across = np.interp(np.linspace(0, 1, width), np.linspace(0, 1, len(columns)), columns)
    gain = (down[:, None] * across[None, :])[:, :, None]
    picture[:, :, :3] = np.clip(picture[:, :, :3] * gain, 0, 255).astype(np.uint8)


def _scaled(color: Color, factor: float) -> Color:
    b, g, r = (int(min(channel * factor, 255)) for channel in color)
    return b, g, r


def paint_front(
    s: Shape, color: Color, plate: Image, tilt: float, *, is_night: bool, has_light: bool
) -> tuple[Texture, Points]:
    """
    Return the front, and where the plate's corners are, in the car's meters.

    :param plate: H x W x 3 BGR; `tilt` in radians.
    """
    height_m = s.hood_y - 0.14
    picture = _canvas(s.width, height_m)
    _rounded(picture, (0.0, 0.0, 1.0, 0.97), color, 0.22)
    _rounded(picture, (0.04, 0.60, 0.96, 0.985), _scaled(color, 0.82), 0.18)
    _shade(picture, (1.12, 1.0, 0.92, 0.80), (0.62, 0.96, 1.06, 1.06, 0.96, 0.62))
    _rounded(picture, (0.28, 0.13, 0.72, 0.34), (26, 24, 24), 0.08)
    for row in np.linspace(0.17, 0.30, 4):
        _rounded(picture, (0.30, row - 0.008, 0.70, row + 0.008), (92, 90, 88), 0.01)
    _rounded(picture, (0.22, 0.72, 0.78, 0.90), (30, 28, 28), 0.10)
    for left, right in ((0.05, 0.26), (0.74, 0.95)):
        _rounded(picture, (left, 0.10, right, 0.31), (62, 56, 52), 0.10)
        _rounded(picture, (left + 0.01, 0.12, right - 0.01, 0.29), (226, 222, 214), 0.09)
        _rounded(picture, (left + 0.05, 0.145, right - 0.05, 0.265), (255, 252, 246), 0.07)
        _rounded(picture, (left + 0.03, 0.74, right - 0.05, 0.86), (40, 38, 38), 0.06)
    if is_night:
        picture[:, :, :3] = (picture[:, :, :3] * np.array(NIGHT_GAIN)).astype(np.uint8)
    if has_light:
        for left, right in ((0.05, 0.26), (0.74, 0.95)):
            _rounded(picture, (left + 0.03, 0.135, right - 0.03, 0.275), (250, 255, 255), 0.08)
    corners = _mount(picture, s, height_m, plate, tilt, is_night=is_night)
    return Texture.of(picture), corners


def _mount(picture: Image, s: Shape, height_m: float, plate: Image, tilt: float, *, is_night: bool) -> Points:
    """Screw the plate and its holder on; return its corners in the car's meters."""
    plate_width = 0.52 if plate.shape[1] > 3 * plate.shape[0] else 0.34
    plate_height = plate_width * plate.shape[0] / plate.shape[1]
    center = np.array([s.width / 2, s.hood_y - s.plate_y])
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * [plate_width, plate_height]
    turn = np.array([[cos(tilt), sin(tilt)], [-sin(tilt), cos(tilt)]])
    corners = flat @ turn + center
    holder = (flat * (1 + 0.022 / np.array([plate_width, plate_height])) @ turn + center) * PX_PER_M * 16
    cv2.fillPoly(picture, [holder.astype(np.int32)], (34, 32, 32, 255), cv2.LINE_AA, shift=4)
    lit = plate * np.array(PLATE_NIGHT_GAIN) if is_night else plate
    colors = np.dstack([np.clip(lit, 0, 255).astype(np.uint8), np.full(plate.shape[:2], 255, np.uint8)])
    size = plate.shape[1::-1]
    own = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    target = (corners * PX_PER_M).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(own - 0.5, target - 0.5)
    placed = cv2.warpPerspective(colors, matrix, picture.shape[1::-1], flags=cv2.INTER_AREA)
    cover = placed[:, :, 3:].astype(np.float32) / 255
    picture[:, :, :3] = (placed[:, :, :3] + picture[:, :, :3] * (1 - cover)).astype(np.uint8)
    x, y = corners[:, 0] - s.width / 2, s.hood_y - corners[:, 1]
    return np.stack([x, y, np.zeros(4)], axis=1).astype(np.float32)


def paint_wheels(s: Shape) -> Texture:
    """Return the dark under the car with its front tires."""
    picture = _canvas(s.width * 0.94, 0.45)
    _rounded(picture, (0.10, 0.05, 0.90, 0.62), (22, 20, 20), 0.1)
    for left in (0.01, 0.85):
        _rounded(picture, (left, 0.0, left + 0.14, 1.0), (34, 32, 32), 0.25)
    return Texture.of(picture)


def paint_sheet(color: Color, far: float, near: float) -> Texture:
    """Return painted sheet, seen from above, brighter or darker at its far and near ends."""
    picture = _canvas(1.0, 0.6, color, 255)
    _shade(picture, (far, near), (0.78, 1.0, 1.10, 1.06, 1.10, 1.0, 0.78))
    return Texture.of(picture)


def paint_glass() -> Texture:
    """Return a window with the seats behind it."""
    picture = _canvas(1.2, 0.7, (64, 52, 42), 255)
    _shade(picture, (2.1, 1.4, 1.0, 0.8), (0.8, 1.05, 1.0, 0.8))
    for left in (0.20, 0.62):  # the front seats' backs
        _rounded(picture, (left, 0.48, left + 0.18, 1.1), (34, 28, 24), 0.2)
    shine = np.array([[0.55, 0], [0.68, 0], [0.42, 1], [0.29, 1]]) * picture.shape[1::-1]
    glare = picture.copy()
    cv2.fillPoly(glare, [shine.astype(np.int32)], (150, 138, 124, 255), cv2.LINE_AA)
    return Texture.of(as_image(cv2.addWeighted(picture, 0.75, glare, 0.25, 0)))


def paint_flank(s: Shape, color: Color) -> Texture:
    """Return a side with its wheels."""
    picture = _canvas(s.length, s.base_y)
    _rounded(picture, (0.0, 0.02, 1.0, 0.84), color, 0.2)
    _shade(picture, (1.08, 0.95, 0.75), (1.0, 1.0))
    for center in (0.19, 0.79):
        middle = (round(center * picture.shape[1]), round(0.70 * picture.shape[0]))
        cv2.circle(picture, middle, round(0.31 * PX_PER_M), (28, 26, 26, 255), -1, cv2.LINE_AA)
        cv2.circle(picture, middle, round(0.19 * PX_PER_M), (150, 146, 142, 255), -1, cv2.LINE_AA)
    cv2.line(picture, (picture.shape[1] // 2, 20), (picture.shape[1] // 2, 300), (40, 38, 38, 255), 3)
    return Texture.of(picture)


def paint_mirror(color: Color) -> Texture:
    """Return a wing mirror."""
    picture = _canvas(0.22, 0.16)
    _rounded(picture, (0.02, 0.05, 0.98, 0.95), _scaled(color, 0.85), 0.35)
    return Texture.of(picture)


def _soft(width: int, height: int, color: Color, strength: float, sharpness: float) -> Image:
    """A spot that fades to its edges, BGRA."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall = np.clip(1 - np.sqrt(x**2 + y**2), 0, 1) ** sharpness * strength
    return np.dstack([*(np.full_like(fall, channel) for channel in color), fall * 255]).astype(np.uint8)


def _shadow() -> Texture:
    picture = np.zeros((160, 96, 4), np.uint8)
    picture[16:-16, 10:-10, 3] = 150
    return Texture.of(as_image(cv2.GaussianBlur(picture, (0, 0), 6)))


def _beam() -> Texture:
    picture = _soft(96, 160, (150, 190, 205), 0.62, 1.4)
    return Texture.of(picture)


SHADOW = _shadow()
BEAM = _beam()
GLOW = Texture.of(_soft(96, 96, (215, 235, 245), 1.0, 2.2))
