import math

import pytest

from geofence.eta import Eta, Motion, estimate, from_minutes, observe
from geofence.geometry import distance_m
from tests.geofence.tracks import NOON_S, STORE, Drive, fix

HOME = (-3_000.0, -1_000.0)
# Streets at right angles, as in towns: 4 km of road for 3.2 km of straight line.
ROAD = [HOME, (-3_000, -500), (-2_000, -500), (-2_000, 0), (-1_000, 0), (-1_000, 300), (0, 300), (0, 0)]


def follow(drive: Drive, **noise) -> list[tuple[float, Eta]]:
    """The ETA after each fix, with the true seconds that were left."""
    motion, estimates, fixes = Motion(), [], drive.fixes(**noise)
    for seen in fixes:
        remaining_m = distance_m(seen.position, STORE)
        motion = observe(motion, seen, remaining_m)
        left_s = drive.ends_s - (seen.at_s - fixes[0].at_s)
        if left_s > 0:
            estimates.append((left_s, estimate(remaining_m, seen.accuracy_m, motion)))
    return estimates


class TestEstimate:
    def test_is_now_on_the_lot(self):
        eta = estimate(0, 8, Motion())

        assert eta.expected_s == 0
        assert eta.low_s == 0
        assert eta.high_s < 30

    def test_knows_a_band_before_the_first_move(self):
        eta = estimate(4_000, 20, Motion())

        assert eta.low_s < eta.expected_s < eta.high_s
        assert 6 * 60 < eta.expected_s < 15 * 60

    @pytest.mark.parametrize("pace_m_s", [0.0, 0.5, 8.0, 20.0, 60.0, 300.0])
    @pytest.mark.parametrize("remaining_m", [50, 1_000, 10_000, 200_000])
    def test_stays_within_what_roads_allow(self, pace_m_s, remaining_m):
        eta = estimate(remaining_m, 8, Motion(pace_m_s=pace_m_s, closing_m_s=pace_m_s, seen_s=600))

        assert 1.3 * remaining_m / 36 <= eta.expected_s <= 1.3 * remaining_m / 3
        assert 0 <= eta.low_s < eta.expected_s < eta.high_s

    def test_trusts_the_pace_the_longer_it_was_seen(self):
        slow = [
            estimate(2_000, 8, Motion(pace_m_s=4, closing_m_s=3, seen_s=s)).expected_s for s in (0, 60, 600)
        ]

        assert slow == sorted(slow)

    def test_grows_with_distance(self):
        seconds = [estimate(metres, 8, Motion()).expected_s for metres in (0, 100, 1_000, 5_000, 50_000)]

        assert seconds == sorted(seconds)

    def test_narrows_as_the_trip_is_seen_and_widens_when_it_turns_away(self):
        closing = Motion(pace_m_s=8, closing_m_s=6, seen_s=300)
        leaving = Motion(pace_m_s=8, closing_m_s=-6, seen_s=300)

        def width(motion: Motion) -> float:
            eta = estimate(3_000, 8, motion)
            return (eta.high_s - eta.low_s) / eta.expected_s

        assert width(closing) < width(Motion()) < width(leaving)

    def test_doubts_a_coarse_fix(self):
        fine, coarse = estimate(1_000, 8, Motion()), estimate(1_000, 500, Motion())

        assert coarse.high_s - coarse.low_s > fine.high_s - fine.low_s + 60


class TestObserve:
    def test_measures_pace_and_closing(self):
        drive = Drive.along([(-2_000, 0), (0, 0)], speed_m_s=10)
        motion = Motion()
        for seen in drive.fixes():
            if seen.at_s < NOON_S + 190:
                motion = observe(motion, seen, distance_m(seen.position, STORE))

        assert motion.pace_m_s == pytest.approx(10, rel=0.02)
        assert motion.closing_m_s == pytest.approx(10, rel=0.02)

    def test_sees_a_standing_car_stand_however_its_fixes_jitter(self):
        drive = Drive.along([(-2_000, 0), (-2_000, 1)], speed_m_s=0.005)
        motion = Motion()
        for seen in drive.fixes(accuracy_m=10, seed=1):
            motion = observe(motion, seen, distance_m(seen.position, STORE))

        assert motion.pace_m_s < 1.5

    def test_passes_coarse_and_hasty_fixes_over(self):
        first = observe(Motion(), fix(-2_000, 0, at_s=0), 2_000)

        assert observe(first, fix(-1_000, 0, at_s=60, accuracy_m=500), 1_000) == first
        assert observe(first, fix(-1_990, 0, at_s=2), 1_990) == first


class TestDrives:
    """Whole drives through a town; the simulator is where the figures are made."""

    @pytest.mark.parametrize("seed", range(6))
    def test_are_met_by_the_band_most_of_the_time(self, seed):
        stops = [0, 40, 20, 60, 15, 30]
        estimates = follow(Drive.along(ROAD, speed_m_s=11, stops=stops), accuracy_m=15, seed=seed)

        held = [eta.low_s <= left_s <= eta.high_s for left_s, eta in estimates]
        assert sum(held) / len(held) > 0.8

    def test_end_within_a_minute_of_the_truth(self):
        estimates = follow(
            Drive.along(ROAD, speed_m_s=11, stops=[0, 40, 20, 60, 15, 30]), accuracy_m=15, seed=3
        )

        last = [abs(eta.expected_s - left_s) for left_s, eta in estimates if left_s < 180]
        assert sum(last) / len(last) < 60

    def test_hold_when_the_car_stands_for_five_minutes(self):
        estimates = follow(Drive.along([HOME, (-1_500, 0), (0, 0)], speed_m_s=9, stops=[0, 300]), seed=2)

        assert all(math.isfinite(eta.high_s) and eta.high_s < 3_600 for _, eta in estimates)


class TestFromMinutes:
    @pytest.mark.parametrize(
        ("minutes", "low_s", "high_s"), [(1, 0, 180), (5, 150, 450), (10, 300, 900), (60, 3_300, 3_900)]
    )
    def test_is_a_wide_band_around_the_word(self, minutes, low_s, high_s):
        assert from_minutes(minutes) == Eta(60 * minutes, low_s, high_s)
