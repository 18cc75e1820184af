"""The lot itself: street, hedge, lane, bays, sign, painted once by day and once by night."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.rendering import cars
from vision.rendering.formats import random_plate
from vision.rendering.geometry import FOCAL_PX, HEIGHT, MOUNT_M, WIDTH, Image, Points, as_image, project
from vision.rendering.plates import render_plate

STREET_Z = 36.0  # the middle of the street's near lane, ahead of the camera
LANES_X = (-0.95, 2.85)  # the middles of the two entry lanes
LANE_HALF = 1.75
_SMOOTH = 2  # painted this much larger, then shrunk
Color = tuple[int, int, int]  # BGR


@cache
def background(*, is_night: bool) -> Image:
    """
    Return the empty lot with its parked cars, HEIGHT x WIDTH x 3 BGR; a repeat call gives the same picture.
    """
    large = np.zeros((HEIGHT * _SMOOTH, WIDTH * _SMOOTH, 3), np.uint8)
    _paint_sky(large)
    _paint_ground(large)
    _paint_far_side(large)
    _paint_lanes(large)
    _paint_bays(large)
    picture = as_image(cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
    if is_night:
        picture = _darken(picture)
    _park(picture, is_night=is_night)
    _paint_sign(picture, is_night=is_night)
    picture.setflags(write=False)
    return picture


def _fill(large: Image, corners: list[tuple[float, float, float]], color: Color) -> None:
    """Fill a polygon given in the lot's meters."""
    pixels, _ = project(np.array(corners, np.float32))
    points = (pixels * _SMOOTH * 16).astype(np.int32)
    cv2.fillPoly(large, [points], color, cv2.LINE_AA, shift=4)


def _strip(  # noqa: PLR0917 - a rectangle on the ground reads best in one line
    large: Image, left: float, right: float, near: float, far: float, color: Color
) -> None:
    _fill(large, [(left, 0, far), (right, 0, far), (right, 0, near), (left, 0, near)], color)


def _horizon() -> int:
    return round(float(project(np.array([[0, MOUNT_M, 1e4]], np.float32))[0][0, 1])) * _SMOOTH


def _paint_sky(large: Image) -> None:
    rows = np.linspace(0, 1, _horizon() + 1)[:, None, None]
    top, low = np.array([226, 190, 150]), np.array([238, 228, 214])
    large[: _horizon() + 1] = (top * (1 - rows) + low * rows).astype(np.uint8)


def _paint_ground(large: Image) -> None:
    """Asphalt whose grain grows toward the camera."""
    rng = np.random.default_rng(7)
    horizon = _horizon()
    ground = np.full((large.shape[0] - horizon, large.shape[1]), 112, np.float32)
    for cell, strength in ((3, 9.0), (9, 6.0), (60, 7.0), (260, 9.0)):
        size = (large.shape[1] // cell + 2, ground.shape[0] // cell + 2)
        grain = rng.normal(0, strength, size[::-1]).astype(np.float32)
        ground += cv2.resize(grain, ground.shape[::-1], interpolation=cv2.INTER_CUBIC)
    depth = np.linspace(0.25, 1, ground.shape[0])[:, None]
    ground = 112 + (ground - 112) * depth
    large[horizon:] = np.clip(ground[:, :, None] * [1.0, 0.985, 0.97], 0, 255).astype(np.uint8)


def _paint_far_side(large: Image) -> None:
    """Everything beyond the lot: houses, trees, the street, the hedge with its opening."""
    rng = np.random.default_rng(11)
    _strip(large, -400, 400, 54, 900, (124, 156, 132))
    for x in np.arange(-44, 44, 1.7):
        size = rng.uniform(1.0, 1.9)
        for _ in range(5):  # one tree, of a few crowns
            color = _tint((98, 132, 108), rng.uniform(0.84, 1.12))
            crown = (x + rng.normal(0, size / 2), rng.uniform(1.0, 3.2) * size, rng.uniform(62, 80))
            _blob(large, crown, size * rng.uniform(0.6, 1.0), color)
    for left, width, high, color in (
        (-30, 11, 6.5, (176, 190, 204)), (-16, 8, 5.0, (150, 168, 196)),
        (7, 10, 6.0, (188, 196, 200)), (20, 9, 5.2, (160, 178, 206)),
    ):  # fmt: skip
        _house(large, left, width, high, color)
    _strip(large, -60, 60, 41, 54, (108, 152, 118))
    _strip(large, -60, 60, 40.2, 41, (176, 178, 178))
    _strip(large, -60, 60, 33.5, 40.2, (92, 90, 88))
    for dash in np.arange(-50, 50, 4.0):
        _strip(large, dash, dash + 2, 36.9, 37.1, (220, 222, 222))
    _strip(large, -60, 60, 32.8, 33.5, (170, 172, 172))
    _strip(large, -3.2, 5.2, 32.0, 33.6, (100, 98, 96))
    for low, high_x in ((-40.0, -3.6), (5.6, 40.0)):
        _strip(large, low, high_x, 30.6, 32.8, (92, 140, 104))
        _fill(large, [(low, 1.0, 31.6), (high_x, 1.0, 31.6), (high_x, 0, 31.6), (low, 0, 31.6)], (62, 96, 66))
        for x in np.arange(low, high_x, 0.35):
            color = _tint((66, 108, 72), rng.uniform(0.8, 1.25))
            _blob(large, (x, rng.uniform(0.3, 1.05), 31.5), rng.uniform(0.15, 0.32), color)


def _tint(color: Color, factor: float) -> Color:
    b, g, r = (int(min(max(channel * factor, 0), 255)) for channel in color)
    return b, g, r


def _blob(large: Image, at: tuple[float, float, float], radius: float, color: Color) -> None:
    pixels, ahead = project(np.array([at], np.float32))
    size = radius * FOCAL_PX / float(ahead[0]) * _SMOOTH
    center = (round(float(pixels[0, 0]) * _SMOOTH), round(float(pixels[0, 1]) * _SMOOTH))
    cv2.circle(large, center, max(round(size), 1), color, -1, cv2.LINE_AA)


def _house(large: Image, left: float, width: float, high: float, color: Color) -> None:
    z, right = 54.0, left + width
    _fill(large, [(left, high, z), (right, high, z), (right, 0, z), (left, 0, z)], color)
    ridge = high + 2.2
    roof = [(left - 0.4, high, z), (left + 1.2, ridge, z), (right - 1.2, ridge, z), (right + 0.4, high, z)]
    _fill(large, roof, (84, 92, 128))
    for x in np.arange(left + 1.0, right - 1.2, 2.2):
        for y in (1.0, 3.4):
            window = [(x, y + 1.4, z), (x + 1.0, y + 1.4, z), (x + 1.0, y, z), (x, y, z)]
            _fill(large, window, (116, 96, 84))


def _paint_lanes(large: Image) -> None:
    """Edge lines, the broken line between the lanes, and an arrow in each."""
    white = (214, 218, 218)
    middle = (LANES_X[0] + LANES_X[1]) / 2
    for edge in (LANES_X[0] - LANE_HALF, LANES_X[1] + LANE_HALF):
        _strip(large, edge - 0.07, edge + 0.07, 1, 32, white)
    for near in np.arange(3.0, 30, 3.0):
        _strip(large, middle - 0.06, middle + 0.06, near, near + 1.6, white)
    for x in LANES_X:
        for tip in (9.5, 21.0):
            _strip(large, x - 0.12, x + 0.12, tip + 1.2, tip + 3.4, white)
            _fill(large, [(x - 0.5, 0, tip + 1.2), (x + 0.5, 0, tip + 1.2), (x, 0, tip)], white)


def _paint_bays(large: Image) -> None:
    white = (206, 210, 210)
    for side in (-1, 1):
        inner = LANES_X[0] - LANE_HALF - 1.3 if side < 0 else LANES_X[1] + LANE_HALF + 1.3
        outer = inner + side * 5.2
        low, high = sorted((inner, outer))
        for near in np.arange(6.0, 30, 2.7):
            _strip(large, low, high, near, near + 0.1, white)
        curb = inner + side * 5.2
        _strip(large, min(curb, curb + side * 9), max(curb, curb + side * 9), 4, 30, (98, 146, 110))
        _strip(large, min(curb, curb + side * 0.25), max(curb, curb + side * 0.25), 4, 30, (176, 178, 178))


def _park(picture: Image, *, is_night: bool) -> None:
    """Stand a few cars in the bays, far ones first; they never move."""
    rng = np.random.default_rng(3)
    plain = [("suv", "gray", 7.4, 27.6), ("hatchback", "white", -5.6, 26.2), ("sedan", "blue", 7.4, 20.6)]
    for shape, color, x, z in [*plain, ("van", "silver", -6.6, 17.4), ("hatchback", "red", -5.9, 13.2)]:
        plate = render_plate(random_plate("DE", rng), "DE", rng).image
        paint, body = cars.COLORS[color], cars.SHAPES[shape]
        car = cars.build(body, paint, plate, tilt=0.0, is_night=is_night, is_parked=True)
        car.draw(picture, cars.Pose(x, z, turn=0.06 if x < 0 else -0.05))


def _paint_sign(picture: Image, *, is_night: bool) -> None:
    """The sign at the entry, lit from inside at night."""
    pixels, _ = project(np.array([[5.25, 3.2, 16], [6.85, 1.85, 16], [6.05, 0, 16]], np.float32))
    (left, top), (right, bottom), (pole, foot) = (np.round(point).astype(int).tolist() for point in pixels)
    gray = (60, 58, 56) if is_night else (120, 118, 116)
    cv2.rectangle(picture, (pole - 5, top), (pole + 5, foot), gray, -1, cv2.LINE_AA)
    green = (92, 138, 22)
    cv2.rectangle(picture, (left, top), (right, bottom), green, -1, cv2.LINE_AA)
    cv2.rectangle(picture, (left + 3, top + 3), (right - 3, bottom - 3), (240, 244, 240), 2, cv2.LINE_AA)
    for row, text in enumerate(("ORDER", "PICKUP")):
        where = (left + 12, top + 42 + 34 * row)
        cv2.putText(picture, text, where, cv2.FONT_HERSHEY_DUPLEX, 1.0, (244, 248, 244), 2, cv2.LINE_AA)
    x, y = (left + right) // 2, bottom - 24
    arrow = np.array([[x - 26, y - 12], [x + 26, y - 12], [x, y + 12]])
    cv2.fillPoly(picture, [arrow], (244, 248, 244), cv2.LINE_AA)


def _darken(picture: Image) -> Image:
    """The same place at night: a dark blue cast and pools of light under the lamps."""
    light = np.full((HEIGHT, WIDTH), 0.2, np.float32)
    for x, z in ((-4.2, 24.0), (6.2, 24.0), (-4.2, 9.0), (6.2, 9.0)):
        light += _pool(x, z)
    cast = np.array([1.05, 0.95, 0.88], np.float32)
    return as_image(np.clip(picture * np.minimum(light, 0.8)[:, :, None] * cast, 0, 255).astype(np.uint8))


def _pool(x: float, z: float) -> NDArray[np.float32]:
    """Return the light of one lamp over the ground around it, HEIGHT x WIDTH."""
    ring = np.array([[x, 0, z], [x + 6, 0, z], [x, 0, z - 6], [x, 0, z + 6]], np.float32)
    pixels: Points = project(ring)[0]
    center, wide = pixels[0], abs(float(pixels[1, 0] - pixels[0, 0]))
    deep = abs(float(pixels[2, 1] - pixels[3, 1])) / 2
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    far = ((columns - center[0]) / wide) ** 2 + ((rows - center[1]) / deep) ** 2
    light: NDArray[np.float32] = (0.42 * np.exp(-1.6 * far)).astype(np.float32)
    return light
