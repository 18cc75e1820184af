"""One training sample: a rendered plate as a camera's crop, and which character stands at which frame."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate_input import WIDTH, prepare
from vision.rendering import degrade, formats, plates
from vision.rendering.formats import COUNTRIES
from vision.rendering.looks import LETTERS, SEPARATORS
from vision.rendering.plates import Plate

FRAMES = WIDTH // 4
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # class 0 is the CTC blank
CLASS_OF = {char: number for number, char in enumerate(CHARACTERS, start=1)}
BLANK, UNSURE = 0, -100  # frames at a character's edge teach nothing
# How boxes err: deviation of the middle in box sizes, then mean and deviation of the sides' logarithms.
TIGHT = (np.array([0.012, 0.045]), np.array([0.03, 0.06]), np.array([0.04, 0.09]))
LOOSE = (np.array([0.035, 0.05]), np.array([0.12, 0.22]), np.array([0.14, 0.14]))
COUNTRY_SHARE = {"US": 9.0, "BR": 4.5, "GB": 1.5, "SK": 1.5, "CZ": 1.5, "DE": 1.5}  # the others 0.6 each


@dataclass(frozen=True)
class Sample:
    """A crop, uint8 [40, 160] gray; its text; the class of each frame, int64 [FRAMES]."""

    crop: NDArray[np.uint8]
    text: str
    frames: NDArray[np.int64]


def make_sample(rng: np.random.Generator) -> Sample:
    """Draw a country, a plate, a camera and a box around it."""
    plate = _draw_plate(rng)
    gray = _to_gray(plate.image, rng)
    if rng.random() < 0.25:
        gray = degrade.soil(gray, rng)
    capture_px = float(np.exp(rng.uniform(np.log(52), np.log(260))))  # the plate's width in the frame
    scene, place = _photograph(gray, capture_px, rng)
    scene = _spoil(scene, capture_px, rng)
    box = _draw_box(plate, place, scene, rng)
    crop = _cut(scene, box)
    return Sample(crop, plate.text, _label(plate, place, box))


def _draw_plate(rng: np.random.Generator) -> Plate:
    shares = np.array([COUNTRY_SHARE.get(country, 0.6) for country in COUNTRIES])
    country = COUNTRIES[int(rng.choice(len(COUNTRIES), p=shares / shares.sum()))]
    look = formats.choose_format(formats.get_formats(country), rng)
    laid = formats.random_text(look, rng)
    chance = rng.random()
    if chance < 0.10:  # personal plates, and a hedge against learning the formats by heart
        # Without a format's places a bare stroke may be I or 1: nobody could tell.
        laid, look = _draw_any_text(rng), replace(look, is_one_a_bar=False)
    elif chance < 0.22:  # rare characters, any in the place of any; the separators stay
        pool = {True: LETTERS, False: "0123456789"}
        laid = "".join(
            char if char in SEPARATORS else pool[char.isalpha()][int(rng.integers(len(pool[char.isalpha()])))]
            for char in laid
        )
    return plates.render_format(laid, look, rng, height_px=64, with_extra_faces=True)


def _draw_any_text(rng: np.random.Generator) -> str:
    length = int(rng.integers(3, 9))
    text = "".join(CHARACTERS[int(rng.integers(36))] for _ in range(length))
    if rng.random() < 0.6:
        cut = int(rng.integers(1, length))
        text = text[:cut] + SEPARATORS[int(rng.integers(len(SEPARATORS)))] + text[cut:]
    return text


def _to_gray(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Mix the channels by weights at random: other inks, sheets and cameras for nothing."""
    mix = np.array([0.114, 0.587, 0.299]) * rng.uniform(0.3, 1.7, 3)
    return cv2.transform(image, (mix / mix.sum())[None].astype(np.float32)).astype(np.uint8)


def _photograph(
    gray: NDArray[np.uint8], capture_px: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the plate in its surroundings as the camera sees it, and the matrix from plate to picture."""
    height, width = gray.shape
    scale = capture_px / width
    tall = height * scale * rng.uniform(0.9, 1.12)
    turn, shear = np.radians(rng.normal(0, 3.5)), rng.normal(0, 0.07)
    corners = np.array([[0, 0], [capture_px, 0], [capture_px, tall], [0, tall]])
    corners -= corners.mean(0)
    corners[:, 0] += corners[:, 1] * shear
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = corners @ spin + rng.normal(0, 0.012, (4, 2)) * capture_px
    canvas = (round(capture_px * 1.5) + 8, round(tall * 2.1) + 8)
    corners += np.array(canvas) / 2
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    scene = _draw_surroundings(canvas, corners, rng)
    if scale < 0.7:  # average before shrinking: warping alone would skip pixels
        gray = cv2.GaussianBlur(gray, (0, 0), 0.35 / scale).astype(np.uint8)
    cv2.warpPerspective(gray, matrix, canvas, scene, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    return scene, matrix.astype(np.float64)


def _draw_surroundings(
    size: tuple[int, int], corners: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Bumper, shadow, holder: fields of gray, edges, at times words of a dealer over or under the plate."""
    width, height = size
    coarse = (rng.uniform(0, 255) + rng.normal(0, 45, (4, 3))).clip(0, 255).astype(np.uint8)
    scene: NDArray[np.uint8] = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        row = int(rng.integers(height))
        tone = int(rng.integers(0, 255))
        cv2.line(scene, (0, row), (width, row + int(rng.normal(0, 4))), tone, max(1, int(rng.integers(1, 8))))
    if rng.random() < 0.5:
        middle = corners.mean(0)
        holder = middle + (corners - middle) * rng.uniform([1.02, 1.06], [1.08, 1.35])
        tone = int(rng.integers(0, 90) if rng.random() < 0.75 else rng.integers(90, 255))
        cv2.fillPoly(scene, [holder.round().astype(np.int32)], tone, cv2.LINE_AA)
        if rng.random() < 0.5:
            _write_dealer(scene, holder, corners, rng)
    return scene


def _write_dealer(
    scene: NDArray[np.uint8],
    holder: NDArray[np.float64],
    corners: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    gap = float(holder[2, 1] - corners[2, 1])
    words = "".join(LETTERS[int(rng.integers(26))] for _ in range(int(rng.integers(5, 18))))
    at = (int(corners[3, 0] + rng.uniform(0, 0.3) * scene.shape[1]), int(corners[2:, 1].mean() + gap * 0.85))
    cv2.putText(scene, words, at, cv2.FONT_HERSHEY_SIMPLEX, max(0.1, gap / 28), int(rng.integers(90, 255)), 1)


def _spoil(scene: NDArray[np.uint8], capture_px: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light, weather, lens, sensor and codec, each by its own chance."""
    if rng.random() < 0.6:
        scene = degrade.shade(scene, rng)
    is_night = rng.random() < 0.18
    scene = degrade.make_night(scene, rng) if is_night else degrade.expose(scene, rng)
    if rng.random() < 0.1:
        scene = degrade.rain(scene, rng)
    if rng.random() < 0.65:
        scene = degrade.blur(scene, rng, reach_px=capture_px * rng.uniform(0.003, 0.019))
    if is_night or rng.random() < 0.6:
        scene = degrade.add_noise(scene, rng, strength=rng.uniform(1, 14 if is_night else 9))
    if rng.random() < 0.6:
        scene = degrade.compress(scene, quality=int(rng.integers(25, 96)))
    return scene


def _draw_box(
    plate: Plate, matrix: NDArray[np.float64], scene: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """
    Return a detector's box, off by a little: x, y, width, height in the picture.

    Tight boxes either span the turned plate or have the plate's own size around its middle, as labels of
    benchmarks do; then the corners of a turned plate are cut off. Loose ones err as the project's own
    detector was seen to on photographs. No box cuts much of a character: nobody could tell which it was.
    """
    height, width = plate.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    x, y, w, h = cv2.boundingRect(_project(corners, matrix).round().astype(np.int32))
    tall = float(h) if rng.random() < 0.6 else min(float(h), w * height / width)
    off, grown, spread = TIGHT if rng.random() < 0.5 else LOOSE
    size = np.array([w, tall]) * np.exp(rng.normal(grown, spread))
    middle = np.array([x + w / 2, y + h / 2]) + rng.normal(0, 1, 2) * off * np.array([w, tall])
    (left, top), (right, bottom) = middle - size / 2, middle + size / 2
    first, last = plate.glyphs[0], plate.glyphs[-1]
    line = [[first.x, first.y + first.height / 2], [last.x + last.width, last.y + last.height / 2]]
    ends = _project(np.array(line, np.float32), matrix)[:, 0]
    cut = 0.02 * w  # of the outer characters at most
    left, right = min(left, ends[0] + cut), max(right, ends[1] - cut)
    left, top = max(0.0, left), max(0.0, top)
    right, bottom = min(float(scene.shape[1]), right), min(float(scene.shape[0]), bottom)
    return float(left), float(top), float(right - left), float(bottom - top)


def _project(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    moved: NDArray[np.float32] = cv2.perspectiveTransform(points[None], matrix)[0].astype(np.float32)
    return moved


def _cut(scene: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """Cut whole pixels, as from a frame, and bring them to the network's size."""
    x0, y0 = max(0, round(box[0])), max(0, round(box[1]))
    part = scene[y0 : max(y0 + 4, round(box[1] + box[3])), x0 : max(x0 + 8, round(box[0] + box[2]))]
    return prepare(part)


def _label(
    plate: Plate, matrix: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.int64]:
    """Say which character each frame looks at; gaps are blank, the edges of characters unsure."""
    middles = [glyph.y + glyph.height / 2 for glyph in plate.glyphs]
    spots = [
        [x, y]
        for glyph, y in zip(plate.glyphs, middles, strict=True)
        for x in (glyph.x, glyph.x + glyph.width)
    ]
    seen = _project(np.array(spots, np.float32), matrix)[:, 0].reshape(-1, 2)
    edges = (seen - box[0]) / box[2] * FRAMES - 0.5  # in frames; frame 0's middle is 0
    frames = np.full(FRAMES, BLANK, np.int64)
    at = np.arange(FRAMES)
    for left, right in edges:
        frames[(at > left) & (at < right)] = UNSURE
    for before, after in zip(edges[:-1, 1], edges[1:, 0], strict=True):
        frames[min(FRAMES - 1, max(0, round((before + after) / 2)))] = BLANK
    for glyph, (left, right) in zip(plate.glyphs, edges, strict=True):
        middle, reach = (left + right) / 2, (right - left) * 0.3
        inner = np.abs(at - middle) <= max(reach, 0.5)
        frames[inner] = CLASS_OF[glyph.char]
    return frames
