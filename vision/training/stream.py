"""Batches of rendered samples without end, made in worker processes."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from vision.training import samples


@dataclass(frozen=True)
class Batch:
    """Crops, float [n, 1, 40, 160] in [-1, 1]; frames' classes [n, 40]; texts, as classes; lengths [n]."""

    crops: Tensor
    frames: Tensor
    targets: Tensor
    lengths: Tensor


class _Batches(IterableDataset[Batch]):
    def __init__(self, batch_size: int, seed: int) -> None:
        self.batch_size = batch_size
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        # The workers are the parallelism; OpenCV's own threads would only fight them.
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        while True:
            yield make_batch(rng, self.batch_size)


def make_batch(rng: np.random.Generator, size: int) -> Batch:
    """Render a batch; equal generators give equal batches."""
    drawn = [samples.make_sample(rng) for _ in range(size)]
    return Batch(
        crops=to_input(np.stack([one.crop for one in drawn])),
        frames=torch.from_numpy(np.stack([one.frames for one in drawn])),
        targets=torch.tensor([samples.CLASS_OF[char] for one in drawn for char in one.text]),
        lengths=torch.tensor([len(one.text) for one in drawn]),
    )


def to_input(crops: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    """Turn uint8 crops [n, 40, 160] into the network's input, as EasyOCR does."""
    return torch.from_numpy(crops).float().div_(255).sub_(0.5).div_(0.5).unsqueeze(1)


def open_stream(*, batch_size: int, seed: int, workers: int) -> Iterator[Batch]:
    """
    Start the worker processes and return their batches; they end with this process.

    :param workers: 0 renders in this process.
    """
    batches = _Batches(batch_size, seed)
    ahead = 6 if workers else None
    return iter(DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=ahead))
