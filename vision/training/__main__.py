"""`python -m vision.training`: train the plate network again from nothing."""

import argparse
import logging
from pathlib import Path

import torch

from vision.training import loop


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog="python -m vision.training", description=__doc__)
    parser.add_argument("out", type=Path, help="where to write the weights (.pth)")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes that render plates")
    parser.add_argument("--threads", type=int, default=2, help="threads that train")
    parser.add_argument("--ctc-from", type=float, default=0.5, help="share of the time without CTC")
    parser.add_argument("--start-from", type=Path, help="weights to go on from")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    loop.train(
        minutes=options.minutes,
        out=options.out,
        seed=options.seed,
        workers=options.workers,
        ctc_from=options.ctc_from,
        start_from=options.start_from,
    )


if __name__ == "__main__":
    main()
