"""Prefix beam search: the likeliest texts, and their probabilities."""

import itertools

import numpy as np
import pytest

from vision import ctc


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(kind for kind, _ in itertools.groupby(path) if kind != ctc.BLANK)


def sum_over_all_paths(frames: np.ndarray) -> dict[tuple[int, ...], float]:
    """The definition of CTC, spelled out."""
    totals: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(frames.shape[1]), repeat=len(frames)):
        chance = float(np.prod([frames[at, kind] for at, kind in enumerate(path)]))
        totals[collapse(path)] = totals.get(collapse(path), 0.0) + chance
    return totals


class TestSearch:
    @pytest.mark.parametrize("seed", range(5))
    def test_agrees_with_the_sum_over_all_paths(self, seed):
        frames = np.random.default_rng(seed).dirichlet([0.6, 0.6, 0.6], size=5)
        totals = sum_over_all_paths(frames)

        found = ctc.search(frames, most=3)

        best = sorted(totals, key=lambda prefix: -totals[prefix])[:3]
        assert [prefix for prefix, _ in found] == best
        # The beam keeps 12 prefixes; what it drops is little.
        assert [chance for _, chance in found] == pytest.approx([totals[prefix] for prefix in best], rel=0.02)

    def test_tells_a_doubled_character_from_a_long_one(self):
        sure = np.eye(3)

        assert ctc.search(sure[[1, 1, 0, 1]], most=1)[0][0] == (1, 1)
        assert ctc.search(sure[[1, 1, 1, 1]], most=1)[0][0] == (1,)

    def test_reads_nothing_in_blanks(self):
        assert ctc.search(np.eye(3)[[0, 0, 0]], most=5) == [((), 1.0)]

    def test_gives_alternatives_whose_chances_stay_below_one(self):
        frames = np.array([[0.05, 0.6, 0.35], [0.9, 0.05, 0.05], [0.05, 0.5, 0.45]])

        found = ctc.search(frames, most=5)

        assert [prefix for prefix, _ in found][:2] == [(1, 2), (1, 1)]
        assert sum(chance for _, chance in found) <= 1.0
