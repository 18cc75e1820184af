"""From the probabilities of frames to the likeliest texts: prefix beam search over CTC, pure."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLANK = 0
BEAM = 12  # prefixes kept from frame to frame
LEAST = 1e-4  # classes below this probability are not followed


@dataclass(slots=True)
class _Mass:
    """The probability of one prefix, by what its last frame showed."""

    blank: float = 0.0
    char: float = 0.0

    @property
    def total(self) -> float:
        return self.blank + self.char


def search(frames: NDArray[np.floating], *, most: int) -> list[tuple[tuple[int, ...], float]]:
    """
    Return the likeliest sequences of classes with their probabilities, best first.

    The probability of a sequence is summed over all the ways in which frames can spell it; what the beam
    drops is lost, so the sum over all sequences stays below 1.

    :param frames: [frames, classes], each row a distribution; class 0 is the blank.
    :param most: how many sequences to return at most.
    """
    beam: dict[tuple[int, ...], _Mass] = {(): _Mass(blank=1.0)}
    for row in frames:
        beam = _advance(beam, [(int(k), float(row[k])) for k in np.flatnonzero(row >= LEAST)])
    ranked = sorted(beam.items(), key=lambda item: (-item[1].total, item[0]))
    return [(prefix, min(1.0, mass.total)) for prefix, mass in ranked[:most]]


def _advance(
    beam: dict[tuple[int, ...], _Mass], row: list[tuple[int, float]]
) -> dict[tuple[int, ...], _Mass]:
    grown: dict[tuple[int, ...], _Mass] = {}
    for prefix, mass in beam.items():
        for kind, chance in row:
            if kind == BLANK:
                grown.setdefault(prefix, _Mass()).blank += mass.total * chance
                continue
            longer = grown.setdefault((*prefix, kind), _Mass())
            if prefix and prefix[-1] == kind:
                # The same character again: a second one only after a blank, else the first goes on.
                longer.char += mass.blank * chance
                grown.setdefault(prefix, _Mass()).char += mass.char * chance
            else:
                longer.char += mass.total * chance
    best = sorted(grown.items(), key=lambda item: (-item[1].total, item[0]))[:BEAM]
    return {prefix: mass for prefix, mass in best if mass.total > 0 and math.isfinite(mass.total)}
