from itertools import pairwise
from math import hypot

import pytest

from bopis.demo import customers, store
from geofence.refusals import JUMP_M_S


def get_places(from_m: float) -> list[tuple[float, tuple[float, float]]]:
    return list(customers._get_positions(from_m))


class TestPositions:
    @pytest.mark.parametrize("from_m", [300, 900, 2_900, 99_000])
    def test_end_in_a_bay_of_the_lot(self, from_m):
        _, (east_m, north_m) = get_places(from_m)[-1]

        assert abs(east_m) < store.LOT_M[0] / 2
        assert abs(north_m) < store.LOT_M[1] / 2

    def test_are_those_of_a_car(self):
        for (earlier_s, here), (later_s, there) in pairwise(get_places(2_900)):
            speed = hypot(there[0] - here[0], there[1] - here[1]) / (later_s - earlier_s)
            assert speed < JUMP_M_S / 1.5

    def test_begin_as_far_away_as_was_said(self):
        _, (east_m, north_m) = get_places(900)[0]

        assert 700 < hypot(east_m, north_m) <= 900

    def test_take_the_time_that_was_told(self):
        assert customers.get_duration_s(900) == get_places(900)[-1][0]
