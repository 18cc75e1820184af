"""When a trip will be at the lot, with a band: from distance, pace and closing; knows no framework."""

import math
from dataclasses import dataclass

from geofence.geometry import Fix, distance_m

ROAD_FACTOR = 1.3  # road over straight line; the usual figure for European towns, and the simulator's
USUAL_M_S = 7.8  # 28 km/h over a trip of 4 km, stops included (the simulator's world)
USUAL_TRIP_M = 4_000.0
FASTEST_M_S = 36.0  # 130 km/h
SLOWEST_M_S = 3.0  # slower than this is a stop, and stops end
ANCHOR_S = 15.0  # over less, the error of a fix is larger than the way driven
COARSE_M = 150.0
MEMORY_S = 90.0  # how far back the pace looks: about two sets of lights
DOUBT_S = 180.0  # after this long the trip's own pace counts as much as the usual one
MANUAL_S = (120.0, 300.0)  # least and most doubt about minutes that a person gave


@dataclass(frozen=True, slots=True)
class Eta:
    """
    Seconds from now until the lot: expected, and between which it will be four times of five.
    """

    expected_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class Motion:
    """
    How a trip moves, smoothed: its pace, how fast it closes in (negative: away), and how long that was seen.
    """

    anchor: Fix | None = None
    anchor_distance_m: float = 0.0
    pace_m_s: float = 0.0
    closing_m_s: float = 0.0
    seen_s: float = 0.0


def observe(motion: Motion, fix: Fix, remaining_m: float) -> Motion:
    """
    Take one more fix into account; `remaining_m` is its straight distance to the lot.

    Fixes soon after the last one, and coarse ones, change nothing.
    """
    if fix.accuracy_m > COARSE_M:
        return motion
    if motion.anchor is None:
        return Motion(anchor=fix, anchor_distance_m=remaining_m)
    span_s = fix.at_s - motion.anchor.at_s
    if span_s < ANCHOR_S:
        return motion
    pace = distance_m(motion.anchor.position, fix.position) / span_s
    closing = (motion.anchor_distance_m - remaining_m) / span_s
    weight = 1.0 - math.exp(-span_s / MEMORY_S) if motion.seen_s else 1.0
    return Motion(
        anchor=fix,
        anchor_distance_m=remaining_m,
        pace_m_s=motion.pace_m_s + weight * (pace - motion.pace_m_s),
        closing_m_s=motion.closing_m_s + weight * (closing - motion.closing_m_s),
        seen_s=motion.seen_s + span_s,
    )


def estimate(remaining_m: float, accuracy_m: float, motion: Motion) -> Eta:
    """
    Return the ETA of a trip that is this far from the lot in a straight line.

    The trip's own pace is trusted the longer it was seen, and never beyond what
    roads allow. Not closing in widens the band upwards: the way may lead
    elsewhere first.
    """
    road_m = ROAD_FACTOR * remaining_m
    trust = motion.seen_s / (motion.seen_s + DOUBT_S)
    own = min(max(motion.pace_m_s, SLOWEST_M_S), FASTEST_M_S)
    pace = trust * own + (1.0 - trust) * _usual_pace(road_m)
    expected = road_m / pace
    spread = 0.45 - 0.2 * trust
    detour = 0.5 if trust > 0.25 and motion.closing_m_s < 0.25 * own else 0.0
    slack = 20.0 + accuracy_m / pace
    low = max(0.0, expected * (1.0 - spread) - slack)
    return Eta(expected, low, expected * (1.0 + 1.5 * spread + detour) + slack)


def from_minutes(minutes: int) -> Eta:
    """
    Return the ETA that a customer's "I am 10 minutes away" is worth: weak, so with a wide band.
    """
    expected = 60.0 * minutes
    doubt = min(max(MANUAL_S[0], expected / 2), MANUAL_S[1])
    return Eta(expected, max(0.0, expected - doubt), expected + doubt)


def _usual_pace(road_m: float) -> float:
    """Longer trips use faster roads."""
    longer = max(1.0, road_m / USUAL_TRIP_M)
    return float(min(USUAL_M_S * longer**0.4, 25.0))
