import math

import pytest

from geofence.geometry import Fix, Position
from geofence.refusals import (
    PositionInTheFutureError,
    PositionInvalidError,
    PositionJumpError,
    PositionStaleError,
    check,
)
from tests.geofence.tracks import NOON_S, STORE, fix

NOW_S = NOON_S + 1_000


class TestCheck:
    @pytest.mark.parametrize(
        ("latitude", "longitude", "accuracy_m"),
        [(91, 0, 8), (0, 181, 8), (math.nan, 0, 8), (0, 0, -1), (0, 0, math.nan), (0, 0, 50_001)],
    )
    def test_refuses_what_is_no_place(self, latitude, longitude, accuracy_m):
        with pytest.raises(PositionInvalidError) as refusal:
            check(Fix(Position(latitude, longitude), accuracy_m, NOW_S), None, at_s=NOW_S)

        assert (refusal.value.code, refusal.value.status) == ("position-invalid", 422)

    @pytest.mark.parametrize("accuracy_m", [0, 8, 50_000])
    def test_takes_any_accuracy_that_is_a_distance(self, accuracy_m):
        check(Fix(STORE, accuracy_m, NOW_S), None, at_s=NOW_S)

    @pytest.mark.parametrize(
        ("behind_s", "error", "code"),
        [
            (300, None, ""),
            (301, PositionStaleError, "position-stale"),
            (86_400, PositionStaleError, "position-stale"),
            (math.nan, PositionStaleError, "position-stale"),
            (-30, None, ""),
            (-31, PositionInTheFutureError, "position-in-the-future"),
            (-math.inf, PositionInTheFutureError, "position-in-the-future"),
        ],
    )
    def test_holds_the_device_to_our_clock(self, behind_s, error, code):
        told = Fix(STORE, 8, NOW_S - behind_s)
        if error is None:
            check(told, None, at_s=NOW_S)
            return

        with pytest.raises(error) as refusal:
            check(told, None, at_s=NOW_S)
        assert (refusal.value.code, refusal.value.status) == (code, 409)
        assert refusal.value.extra == {"now_s": round(NOW_S)}

    @pytest.mark.parametrize(
        ("metres", "seconds", "accuracy_m", "is_jump"),
        [
            (270, 5, 0, False),  # 194 km/h
            (285, 5, 0, True),  # 205 km/h
            (285, 5, 10, False),  # what the fixes may err is granted
            (2_000, 5, 8, True),
            (2_000, 5, 1_000, False),
            (100_000, 60, 8, True),
            (100_000, 3_600, 8, False),
            (100_000, 0, 8, False),  # a repeat or a late one is passed over, not refused
            (100_000, -60, 8, False),
        ],
    )
    def test_refuses_what_takes_more_than_200_km_h(self, metres, seconds, accuracy_m, is_jump):
        last = fix(0, 0, at_s=500, accuracy_m=accuracy_m)
        later = fix(0, metres, at_s=500 + seconds, accuracy_m=accuracy_m)
        if not is_jump:
            check(later, last, at_s=later.at_s)
            return

        with pytest.raises(PositionJumpError) as refusal:
            check(later, last, at_s=later.at_s)
        assert (refusal.value.code, refusal.value.status) == ("position-jump", 409)
