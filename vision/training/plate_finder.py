"""
`python -m vision.training.plate_finder OUT.onnx --frames FOLDER`: train the plate detector from nothing.

FOLDER holds pictures and a labels.csv (`file,plate_text,x,y,w,h`): the MIT-licensed Romanian frames.
Half of what is learned are rendered lots (vision.rendering.scene), and most frames get rendered plates pasted in.
"""

import argparse
import csv
import logging
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from vision.rendering import cars, degrade, formats
from vision.rendering.plates import render_plate
from vision.rendering.scene import Passage, Scene

logger = logging.getLogger(__name__)

SIZE = (320, 192)  # of a sample, at half of the camera's scale
CELL = 8  # pixels of the half-sized picture that share one answer
BATCH = 16

Box = tuple[float, float, float, float]  # x, y, width, height in pixels
Gray = NDArray[np.uint8]


class PlateFinder(nn.Module):
    """
    Gray pictures, B x 1 x H x W in [0, 1], to B x 5 x H/8 x W/8.

    Channel 0 is the score (a logit), 1 and 2 how far the middle of the plate is from the cell's (in cells), 3 and 4
    the logarithms of its width and height in cells.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _convolve(1, 8, stride=2),
            _convolve(8, 16, stride=2),
            _convolve(16, 16),
            _convolve(16, 32, stride=2),
            _convolve(32, 32),
            _convolve(32, 32, dilation=2),
            _convolve(32, 32),
            nn.Conv2d(32, 5, 1),
        )
        last = self.layers[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        with torch.no_grad():
            last.bias.copy_(torch.tensor([-4.0, 0.0, 0.0, 1.5, 0.4]))

    def forward(self, gray: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.layers(gray - 0.4)
        return answer


def _convolve(before: int, after: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


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


def _halve(image: NDArray[np.uint8] | None) -> Gray:
    assert image is not None, "a labeled picture cannot be read"
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
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
    gray = cv2.warpAffine(frame.gray, matrix, SIZE, flags=cv2.INTER_AREA, borderValue=beyond)
    boxes = [
        (x * zoom - corner[0], y * zoom - corner[1], width * zoom, height * zoom)
        for x, y, width, height in frame.boxes
    ]
    gray = gray.astype(np.uint8)
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
    own = np.array([[0, 0], [flat.shape[1], 0], [flat.shape[1], flat.shape[0]], [0, flat.shape[0]]], np.float32)
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
        across, down = np.abs(grid_x - middle[0]) / (width / CELL), np.abs(grid_y - middle[1]) / (height / CELL)
        target[5][(across < 0.5) & (down < 0.7)] = 0
        near = (across < 0.16) & (down < 0.25) | (np.abs(grid_x - middle[0]) <= 0.5) & (
            np.abs(grid_y - middle[1]) <= 0.5
        )
        values = (middle[0] - grid_x, middle[1] - grid_y, np.log(width / CELL), np.log(height / CELL))
        target[0][near], target[5][near] = 1, 1
        for channel, value in enumerate(values, start=1):
            target[channel][near] = value[near] if isinstance(value, np.ndarray) else value
    return target


def stream(lots: list[Labeled], frames: list[Labeled], seed: int) -> Iterator[tuple[Gray, NDArray[np.float32]]]:
    """
    Yield samples without end, half of them from each list.
    """
    rng = np.random.default_rng(seed)
    while True:
        pool, pastes = (lots, False) if rng.random() < 0.4 else (frames, True)
        sample = make_sample(pool[int(rng.integers(len(pool)))], rng, pastes=pastes)
        yield sample.gray, encode(sample.boxes)


def lose(answer: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the loss of a batch: focal for the score, smooth L1 for the box."""
    score, wanted = answer[:, 0], target[:, 0]
    plain = functional.binary_cross_entropy_with_logits(score, wanted, reduction="none")
    miss = torch.abs(wanted - torch.sigmoid(score))
    found = wanted.sum().clamp(min=1)
    loss = (plain * miss**2 * target[:, 5] * (1 + 2 * wanted)).sum() / found
    boxes = functional.smooth_l1_loss(answer[:, 1:5], target[:, 1:5], beta=0.1, reduction="none")
    return loss + (boxes.sum(dim=1) * wanted).sum() / found


def _feed(queue: "multiprocessing.Queue[object]", folder: Path, seed: int) -> None:
    cv2.setNumThreads(1)
    samples = stream(render_lots(400, seed), read_frames(folder), seed)
    while True:
        pairs = [next(samples) for _ in range(BATCH)]
        queue.put((np.stack([gray for gray, _ in pairs]), np.stack([target for _, target in pairs])))


def train(
    *, out: Path, folder: Path, minutes: float, seed: int, rate: float, start_from: Path | None = None
) -> None:
    """
    Train for some minutes of wall time and write the network as ONNX (and, beside it, as .pth).
    """
    torch.manual_seed(seed)
    queue: multiprocessing.Queue[object] = multiprocessing.Queue(8)
    feeder = multiprocessing.Process(target=_feed, args=(queue, folder, seed), daemon=True)
    feeder.start()
    network = PlateFinder()
    if start_from is not None:
        network.load_state_dict(torch.load(start_from, weights_only=True))
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)
    began, step = time.monotonic(), 0
    while (share := (time.monotonic() - began) / (minutes * 60)) < 1:
        optimizer.param_groups[0]["lr"] = rate * min(1, step / 50) * max(0.02, 1 - share) ** 0.8
        grays, targets = queue.get()  # type: ignore[misc]
        loss = lose(network(torch.from_numpy(grays)[:, None].float() / 255), torch.from_numpy(targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 100 == 0:
            logger.info("step %d, loss %.3f, %.0f %% of the time", step, loss.item(), 100 * share)
        if step % 500 == 0:
            save(network, out)
    feeder.terminate()
    save(network, out)


def save(network: PlateFinder, out: Path) -> None:
    """
    Write the network for pictures of any size that is a multiple of CELL.
    """
    network.eval()
    torch.save(network.state_dict(), out.with_suffix(".pth"))
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, SIZE[1], SIZE[0]),),
        str(out),
        input_names=["gray"],
        output_names=["cells"],
        dynamic_axes={"gray": {2: "rows", 3: "columns"}, "cells": {2: "cell_rows", 3: "cell_columns"}},
        dynamo=False,
    )
    network.train()


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog="python -m vision.training.plate_finder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=3e-3, help="learning rate at its height")
    parser.add_argument("--start-from", type=Path, help="weights (.pth) to go on from")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    train(
        out=options.out,
        folder=options.frames,
        minutes=options.minutes,
        seed=options.seed,
        rate=options.rate,
        start_from=options.start_from,
    )


if __name__ == "__main__":
    main()
