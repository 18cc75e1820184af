"""When a trip is in a zone and when it has left it, with respect for accuracy and speed; no framework."""

from dataclasses import dataclass

from geofence.fences import APPROACH, BAY, LOT, Area

# Chosen for a phone in a car on a lot beside a road; the simulator is where to tune them.
DRIVE_BY_M_S = 12.5  # 45 km/h: who is faster than this in a lot is on the road beside it
CERTAIN_M = 5.0  # a fix this deep inside, and by more than its own accuracy, needs no second one
LEAVE_MARGIN_M = {APPROACH: 100.0, LOT: 25.0, BAY: 15.0}
AGREE_AFTER_S = 3.0  # two fixes nearer in time than this share one error: they are one
AGREE_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Presence:
    """
    What is believed of one trip and one area.

    :ivar doubted_at_s: the first fix in a row that says the opposite.
    """

    is_inside: bool = False
    doubted_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """
    One fix as seen from one area: metres inside its edge (negative outside), accuracy, speed if known, time.
    """

    depth_m: float
    accuracy_m: float
    speed_m_s: float | None
    at_s: float


def judge(area: Area, presence: Presence, sight: Sight) -> Presence:
    """
    Return what to believe after one more fix.

    Going in takes one fix for APPROACH, and for a lot one whose whole circle of
    accuracy lies inside; else, and always for going out, it takes two that
    agree. A fix too coarse for the area says nothing, and one too fast for a
    lot says "not here". The first fix of a trip counts like any other.
    """
    if presence.is_inside:
        return _stay_or_leave(area, presence, sight)
    return _enter_or_pass(area, presence, sight)


def _enter_or_pass(area: Area, presence: Presence, sight: Sight) -> Presence:
    if sight.accuracy_m > area.usable_m:
        return presence
    is_passing = area.zone != APPROACH and (sight.speed_m_s or 0.0) > DRIVE_BY_M_S
    if sight.depth_m < 0 or is_passing:
        return Presence()
    is_certain = sight.depth_m >= max(CERTAIN_M, sight.accuracy_m)
    if area.zone == APPROACH or is_certain or _agrees(presence, sight):
        return Presence(is_inside=True)
    return _doubt(presence, sight)


def _stay_or_leave(area: Area, presence: Presence, sight: Sight) -> Presence:
    if sight.depth_m >= 0 and sight.accuracy_m <= area.usable_m:
        return Presence(is_inside=True)
    if -sight.depth_m < max(LEAVE_MARGIN_M[area.zone], sight.accuracy_m):
        return presence
    return Presence() if _agrees(presence, sight) else _doubt(presence, sight)


def _agrees(presence: Presence, sight: Sight) -> bool:
    if presence.doubted_at_s is None:
        return False
    return AGREE_AFTER_S <= sight.at_s - presence.doubted_at_s <= AGREE_WITHIN_S


def _doubt(presence: Presence, sight: Sight) -> Presence:
    first = presence.doubted_at_s
    is_fresh = first is not None and sight.at_s - first <= AGREE_WITHIN_S
    return Presence(presence.is_inside, first if is_fresh else sight.at_s)
