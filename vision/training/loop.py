"""Train the plate network on rendered plates: characters at their places first, then CTC beside it."""

import logging
import math
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import yaml
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from vision.training import stream
from vision.training.samples import CHARACTERS, UNSURE
from vision.training.stream import Batch
from vision.weights.bopis_plates import Model

logger = logging.getLogger(__name__)

CONFIG = Path(__file__).parents[1] / "weights" / "bopis_plates.yaml"
BATCH_SIZE = 96
PEAK_RATE = 2.5e-3
CHECK_EVERY_S = 120.0
EXAM_SIZE = 512
# Without CTC a frame between the two may say O and the next 0 for one character; CTC counts such doubles.
CTC_WEIGHT = 0.5


def build() -> Model:
    """Make the network that the committed description names, with weights at random."""
    config = yaml.safe_load(CONFIG.read_text())
    return Model(num_class=len(CHARACTERS) + 1, **config["network_params"])


def train(
    *,
    minutes: float,
    out: Path,
    seed: int,
    workers: int,
    ctc_from: float = 0.5,
    start_from: Path | None = None,
) -> None:
    """
    Train for that long on this machine and leave the weights, averaged over the last steps, in `out`.

    The rates follow the clock, so that a slower machine sees fewer plates but ends as calm. `out` is
    written anew every two minutes: training cut short leaves the best so far.

    :param ctc_from: the share of the time after which CTC joins; alone it learned nothing from 26,000 plates.
    :param start_from: weights to go on from, with rates from the top again.
    """
    torch.manual_seed(seed)
    model = build().to(memory_format=torch.channels_last)
    if start_from:
        load(model, start_from)
    # The mean of the last few hundred steps' weights reads better than any one of them.
    mean = AveragedModel(model, avg_fn=_average, use_buffers=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    batches = stream.open_stream(batch_size=BATCH_SIZE, seed=seed, workers=workers)
    exam = stream.make_batch(np.random.default_rng([seed, 999]), EXAM_SIZE)
    start = check_at = time.monotonic()
    seen, progress = 0, 0.0
    while progress < 1.0:
        progress = min(1.0, (time.monotonic() - start) / (minutes * 60))
        for group in optimizer.param_groups:
            group["lr"] = get_rate(progress, seen)
        loss = step(model, optimizer, next(batches), with_ctc=progress >= ctc_from)
        mean.update_parameters(model)
        seen += BATCH_SIZE
        if time.monotonic() >= check_at + CHECK_EVERY_S or progress >= 1.0:
            check_at = time.monotonic()
            save(mean, out)
            exact = get_exact(mean, exam)
            logger.info("progress=%.3f seen=%d loss=%.4f exact=%.3f", progress, seen, loss, exact)


def _average(mean: Tensor, new: Tensor, steps: Tensor | int) -> Tensor:
    """Forget the beginning quickly, later average over about 500 steps."""
    return mean + (new - mean) * max(0.002, 1.0 / (1 + int(steps) / 10))


def get_rate(progress: float, seen: int) -> float:
    """Return the learning rate: up over the first 10,000 plates, then down along a cosine."""
    warm = min(1.0, (seen + BATCH_SIZE) / 10_000)
    return PEAK_RATE * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def step(model: Model, optimizer: torch.optim.Optimizer, batch: Batch, *, with_ctc: bool) -> float:
    """Learn from one batch and return its loss."""
    model.train()
    # Half precision on the CPU: 450 to 530 plates a second where full precision did 100 to 280.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = model(batch.crops)
    scores = scores.float()
    loss = functional.cross_entropy(scores.transpose(1, 2), batch.frames, ignore_index=UNSURE)
    if with_ctc:
        loss = loss + CTC_WEIGHT * _ctc(scores, batch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _ctc(scores: Tensor, batch: Batch) -> Tensor:
    lengths = torch.full((len(scores),), scores.shape[1])
    logs = scores.log_softmax(2).transpose(0, 1)
    return functional.ctc_loss(logs, batch.targets, lengths, batch.lengths, zero_infinity=True)


@torch.no_grad()
def get_exact(model: torch.nn.Module, exam: Batch) -> float:
    """Return the share of plates read without an error by the best class of each frame."""
    model.eval()
    best = model(exam.crops).argmax(2)
    right, at = 0, 0
    for frames, length in zip(best, exam.lengths.tolist(), strict=True):
        read = torch.unique_consecutive(frames)
        right += torch.equal(read[read != 0], exam.targets[at : at + length])
        at += length
    return right / len(best)


def save(mean: AveragedModel, path: Path) -> None:
    """Write the weights as EasyOCR loads them: keys under "module.", large tensors in half precision."""
    kept: OrderedDict[str, Tensor] = OrderedDict()
    for name, value in mean.module.state_dict().items():
        kept[f"module.{name}"] = value.half() if value.dim() > 1 else value.clone()
    passing = path.with_suffix(".part")
    torch.save(kept, passing)
    passing.replace(path)


def load(model: Model, path: Path) -> None:
    """Fill the network with weights written by `save`."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict({name.removeprefix("module."): value for name, value in kept.items()})
