"""What the plate detector learns from: labeled frames with plates pasted in, and rendered lots."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from vision.rendering import cars, degrade, formats
from vision.rendering.geometry import as_image
from vision.rendering.plates import render_plate
from vision.rendering.scene import Passage, Scene

SIZE = (320, 192)  # of a sample, at half of the camera's scale
CELL = 8  # pixels of the half-sized picture that share one answer

Box: TypeAlias = tuple[float, float, float, float]  # x, y, width, height in pixels
Gray: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True)
class Labeled:
    """A whole picture at half scale, gray, and the plates on it."""

    gray: Gray
    boxes: tuple[Box, ...]


def read_frames(folder: Path) -> list[Labeled]:
    """
    Read the labeled frames of a folder at half scale.
    """
    boxes: dict[str, list[Box]] = {}
    with (folder / "labels.csv").open() as rows:
        for row in csv.DictReader(rows):
            found = boxes.setdefault(row["file"], [])
            if row["x"]:
                x, y, width, height = (float(row[name]) / 2 for name in "xywh")
                found.append((x, y, width, height))
    return [Labeled(_halve(cv2.imread(str(folder / name))), tuple(found)) for name, found in boxes.items()]


def _halve(image: ArrayLike | None) -> Gray:
    assert image is not None, "a labeled picture cannot be read"
    gray = cv2.cvtColor(as_image(image), cv2.COLOR_BGR2GRAY)
    return cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8)


def render_lots(count: int, seed: int) -> list[Labeled]:
    """
    Render moments of random passages, by day and night.
    """
    rng = np.random.default_rng(seed)
    pictures: list[Labeled] = []
    while len(pictures) < count:
        scene = Scene([_random_passage(rng)], seed=int(rng.integers(1 << 30)))
        way = scene.duration_s
        for at_s in rng.uniform(0.45 * way, way, 5):
            frame = scene.render(float(at_s))
            boxes = [(t.x / 2, t.y / 2, t.width / 2, t.height / 2) for t in frame.plates if t.is_whole]
            pictures.append(Labeled(_halve(frame.image), tuple(box for box in boxes if box[2] > 18)))
    return pictures


def _random_passage(rng: np.random.Generator) -> Passage:
    country = str(rng.choice(formats.COUNTRIES))
    return Passage(
        formats.random_plate(country, rng),
        country,
        starts_at_s=0.0,
        is_night=bool(rng.random() < 0.5),
        is_dirty=bool(rng.random() < 0.2),
        tilt_degrees=float(rng.normal(0, 6)),
        shape=str(rng.choice(list(cars.SHAPES))),
        color=str(rng.choice(list(cars.COLORS))),
        lane=int(rng.integers(2)),
    )


def make_sample(frame: Labeled, rng: np.random.Generator, *, pastes: bool) -> Labeled:
    """
    Cut a part of a frame at a scale at random, toward a plate if it has one; paste plates; spoil it.
    """
    # Lots are not enlarged: the plates of their parked cars, unlabeled, stay too small to be asked for.
    zoom = float(np.exp(rng.uniform(np.log(0.6), np.log(1.6 if pastes else 1.0))))
    corner = _aim(frame, zoom, rng)
    matrix = np.array([[zoom, 0, -corner[0]], [0, zoom, -corner[1]]], np.float32)
    beyond = float(rng.uniform(0, 255))
    gray = as_image(cv2.warpAffine(frame.gray, matrix, SIZE, flags=cv2.INTER_AREA, borderValue=beyond))
    boxes = [
        (x * zoom - corner[0], y * zoom - corner[1], width * zoom, height * zoom)
        for x, y, width, height in frame.boxes
    ]
    if pastes:
        for _ in range(int(rng.integers(0, 4))):
            boxes = _paste(gray, boxes, rng)
    if rng.random() < 0.5:
        gray = degrade.expose(gray, rng)
    if rng.random() < 0.3:
        gray = degrade.add_noise(gray, rng, strength=rng.uniform(1, 7))
    return Labeled(gray, tuple(boxes))


def _aim(frame: Labeled, zoom: float, rng: np.random.Generator) -> tuple[float, float]:
    height, width = frame.gray.shape
    if frame.boxes and rng.random() < 0.6:
        x, y, wide, high = frame.boxes[int(rng.integers(len(frame.boxes)))]
        spot = np.array([x + wide / 2, y + high / 2]) * zoom - rng.uniform(0.1, 0.9, 2) * SIZE
    else:
        spot = rng.uniform(0, 1, 2) * np.maximum(np.array([width, height]) * zoom - SIZE, 1)
    return float(spot[0]), float(spot[1])


def _paste(gray: Gray, boxes: list[Box], rng: np.random.Generator) -> list[Box]:
    """Lay a rendered plate into the picture, in perspective; return the boxes with it."""
    country = str(rng.choice(formats.COUNTRIES))
    flat = cv2.cvtColor(
        render_plate(formats.random_plate(country, rng), country, rng, height_px=48).image, cv2.COLOR_BGR2GRAY
    )
    wide = float(np.exp(rng.uniform(np.log(22), np.log(125))))
    high = wide * flat.shape[0] / flat.shape[1] * rng.uniform(0.85, 1.15)
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]]) - [wide / 2, high / 2]
    angle = np.radians(rng.normal(0, 6))
    corners = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = corners + rng.normal(0, 0.012 * wide, (4, 2)) + rng.uniform(0.08, 0.92, 2) * SIZE
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    box = (float(left), float(top), float(right - left), float(bottom - top))
    if any(_overlap(box, other) for other in boxes):
        return boxes
    holder = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * rng.uniform(1.02, 1.15)
    cv2.fillPoly(gray, [(holder * 16).astype(np.int32)], int(rng.integers(10, 120)), cv2.LINE_AA, shift=4)
    shrink = wide / flat.shape[1]
    light = cv2.convertScaleAbs(flat, alpha=rng.uniform(0.25, 1.05), beta=rng.uniform(0, 40))
    light = cv2.GaussianBlur(light, (0, 0), max(0.4 / shrink, 0.5) * rng.uniform(0.8, 1.7))
    own = np.array(
        [[0, 0], [flat.shape[1], 0], [flat.shape[1], flat.shape[0]], [0, flat.shape[0]]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(own, corners.astype(np.float32))
    cv2.warpPerspective(light, matrix, SIZE, gray, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    return [*boxes, box]


def _overlap(one: Box, other: Box) -> bool:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    return across > -8 and min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1]) > -8


def encode(boxes: tuple[Box, ...]) -> NDArray[np.float32]:
    """
    Return what the network should answer, 6 x rows x columns: its five channels, and the weight of channel 0.

    Cells near a plate's middle are to say it; other cells on the plate may say what they like.
    """
    columns, rows = SIZE[0] // CELL, SIZE[1] // CELL
    target = np.zeros((6, rows, columns), np.float32)
    target[5] = 1
    grid_x, grid_y = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    for x, y, width, height in boxes:
        middle = np.array([x + width / 2, y + height / 2]) / CELL
        across, down = (
            np.abs(grid_x - middle[0]) / (width / CELL),
            np.abs(grid_y - middle[1]) / (height / CELL),
        )
        target[5][(across < 0.5) & (down < 0.7)] = 0
        near = (across < 0.16) & (down < 0.25) | (np.abs(grid_x - middle[0]) <= 0.5) & (
            np.abs(grid_y - middle[1]) <= 0.5
        )
        values = (middle[0] - grid_x, middle[1] - grid_y, np.log(width / CELL), np.log(height / CELL))
        target[0][near], target[5][near] = 1, 1
        for channel, value in enumerate(values, start=1):
            target[channel][near] = value[near] if isinstance(value, np.ndarray) else value
    return target


def stream(
    lots: list[Labeled], frames: list[Labeled], seed: int
) -> Iterator[tuple[Gray, NDArray[np.float32]]]:
    """
    Yield samples without end, half of them from each list.
    """
    rng = np.random.default_rng(seed)
    while True:
        pool, pastes = (lots, False) if rng.random() < 0.4 else (frames, True)
        sample = make_sample(pool[int(rng.integers(len(pool)))], rng, pastes=pastes)
        yield sample.gray, encode(sample.boxes)
