"""What a camera, the weather, the night and the road do to a picture. Pictures are uint8, gray or BGR."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]


def soil(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture with blots and a veil of dirt."""
    height, width = picture.shape[:2]
    blots = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(2, 14))):
        spot = (int(rng.integers(width)), int(rng.integers(height)))
        reach = (max(1, int(height * rng.uniform(0.01, 0.12))), max(1, int(height * rng.uniform(0.01, 0.07))))
        cv2.ellipse(blots, spot, reach, rng.uniform(0, 180), 0, 360, int(rng.integers(40, 170)), -1)
    coarse = rng.uniform(0, 70, (4, 8)).astype(np.uint8)
    veil = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    share = np.maximum(cv2.GaussianBlur(blots, (3, 3), 0), veil).astype(np.float32) / 255
    if picture.ndim == 3:
        share = share[..., None]
    return _to_bytes(picture + (rng.uniform(50, 130) - picture) * share)


def shade(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture with light falling off over it and, at times, the edge of a shadow."""
    height, width = picture.shape[:2]
    corners = rng.uniform(0.6, 1.25, (2, 2)).astype(np.float32)
    light = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    if rng.random() < 0.2:
        edge = np.array(
            [[rng.uniform(0, width), 0], [rng.uniform(0, width), height], [width, height], [width, 0]]
        )
        shadow = np.ones((height, width), np.float32)
        cv2.fillPoly(shadow, [edge.round().astype(np.int32)], float(rng.uniform(0.35, 0.8)))
        light *= cv2.blur(shadow, (3, 3)).astype(np.float32)
    return _to_bytes(picture * (light if picture.ndim == 2 else light[..., None]))


def expose(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture as exposed by day: contrast, brightness, gamma; at times burnt out."""
    values = np.arange(256, dtype=np.float32) / 255
    values = values ** rng.uniform(0.6, 1.6)
    contrast = rng.uniform(0.25, 1.15)
    low = rng.uniform(0.0, max(0.0, 1.0 - contrast) + 0.1)
    gain = rng.uniform(1.1, 1.7) if rng.random() < 0.12 else 1.0
    return cv2.LUT(picture, _to_bytes((values * contrast + low) * gain * 255)).astype(np.uint8)


def make_night(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture in low light: dark or lit by its own headlamps, with a halo at times."""
    height, width = picture.shape[:2]
    dark = picture.astype(np.float32) * rng.uniform(0.12, 0.5) + rng.uniform(0, 25)
    if rng.random() < 0.5:
        columns = np.linspace(0, 1, width, dtype=np.float32) - rng.uniform(-0.1, 1.1)
        rows = np.linspace(0, 1, height, dtype=np.float32) - rng.uniform(-0.3, 1.3)
        halo = np.exp(-(columns[None, :] ** 2 + rows[:, None] ** 2) * rng.uniform(4, 16)) * rng.uniform(
            40, 190
        )
        dark += halo if picture.ndim == 2 else halo[..., None]
    return _to_bytes(dark)


def blur(picture: Picture, rng: np.random.Generator, *, reach_px: float) -> Picture:
    """
    Return the picture out of focus or moved.

    :param reach_px: how far the blur spreads at most, in pixels of this picture.
    """
    if rng.random() < 0.5:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.2, max(0.21, reach_px * 0.5))).astype(np.uint8)
    size = 2 * int(reach_px) + 3
    kernel = np.zeros((size, size), np.float32)
    turn, half = rng.normal(0, 0.5), rng.uniform(0.3, max(0.31, reach_px))
    center = np.array([size / 2, size / 2])
    step = np.array([np.cos(turn), np.sin(turn)]) * half
    start, end = (center - step) * 16, (center + step) * 16
    cv2.line(kernel, _to_point(start), _to_point(end), 1.0, 1, cv2.LINE_AA, 4)
    return cv2.filter2D(picture, -1, kernel / max(float(kernel.sum()), 1e-6)).astype(np.uint8)


def rain(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture behind slanted streaks and a loss of contrast."""
    height, width = picture.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    slant = rng.uniform(-0.3, 0.3)
    for _ in range(int(rng.integers(5, 30))):
        x, y, length = rng.uniform(0, width), rng.uniform(0, height), height * rng.uniform(0.1, 0.5)
        end = (round(x + slant * length), round(y + length))
        cv2.line(streaks, (round(x), round(y)), end, int(rng.integers(30, 140)), 1, cv2.LINE_AA)
    share = streaks.astype(np.float32) / 255
    if picture.ndim == 3:
        share = share[..., None]
    pale = picture * 0.85 + 25.0
    return _to_bytes(pale + (220 - pale) * share)


def add_noise(picture: Picture, rng: np.random.Generator, *, strength: float) -> Picture:
    """
    Return the picture with a sensor's noise.

    :param strength: standard deviation in gray levels.
    """
    noise = rng.standard_normal(picture.shape, np.float32) * strength
    return _to_bytes(picture + noise)


def compress(picture: Picture, *, quality: int) -> Picture:
    """Return the picture after a trip through JPEG."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    flag = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(data, flag)
    assert decoded is not None, "what was encoded here decodes"
    return decoded.astype(np.uint8)


def _to_point(spot: NDArray[np.float64]) -> tuple[int, int]:
    return int(spot[0]), int(spot[1])


def _to_bytes(values: NDArray[np.floating]) -> Picture:
    picture: Picture = np.clip(values, 0, 255).astype(np.uint8)
    return picture
