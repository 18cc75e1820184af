"""
`python -m vision.training.plate_finder OUT.onnx --frames FOLDER`: train the plate detector from nothing.

FOLDER holds pictures and a labels.csv (`file,plate_text,x,y,w,h`): the MIT-licensed Romanian frames.
"""

import argparse
import logging
import multiprocessing
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from vision.training.finder_samples import SIZE, read_frames, render_lots, stream

logger = logging.getLogger(__name__)

BATCH = 16


class PlateFinder(nn.Module):
    """
    Gray pictures, B x 1 x H x W in [0, 1], to B x 5 x H/8 x W/8.

    Channel 0 is the score (a logit), 1 and 2 how far the middle of the plate is from the cell's (in
    cells), 3 and 4 the logarithms of its width and height in cells.
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
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        with torch.no_grad():
            last.bias.copy_(torch.tensor([-4.0, 0.0, 0.0, 1.5, 0.4]))

    def forward(self, gray: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.layers(gray - 0.4)
        return answer


def _convolve(before: int, after: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def lose(answer: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the loss of a batch: focal for the score, smooth L1 for the box."""
    score, wanted = answer[:, 0], target[:, 0]
    plain = functional.binary_cross_entropy_with_logits(score, wanted, reduction="none")
    miss = torch.abs(wanted - torch.sigmoid(score))
    found = wanted.sum().clamp(min=1)
    loss = (plain * miss**2 * target[:, 5] * (1 + 2 * wanted)).sum() / found
    boxes = functional.smooth_l1_loss(answer[:, 1:5], target[:, 1:5], beta=0.1, reduction="none")
    return loss + (boxes.sum(dim=1) * wanted).sum() / found


def _feed(queue: "multiprocessing.Queue[Any]", folder: Path, seed: int) -> None:
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
    # Not forked: a child that inherits torch's or OpenCV's threads half-way may hang.
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[Any] = context.Queue(8)
    feeder = context.Process(target=_feed, args=(queue, folder, seed), daemon=True)
    feeder.start()
    network = PlateFinder()
    if start_from is not None:
        network.load_state_dict(torch.load(start_from, weights_only=True))
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)
    began, step = time.monotonic(), 0
    while (share := (time.monotonic() - began) / (minutes * 60)) < 1:
        optimizer.param_groups[0]["lr"] = rate * min(1, step / 50) * max(0.02, 1 - share) ** 0.8
        grays, targets = queue.get()
        loss = lose(network(torch.from_numpy(grays)[:, None].float() / 255), torch.from_numpy(targets))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
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
