"""Positions that cannot be, each with a code of its own; knows no framework."""

from bopis.errors import DomainError, InvalidError
from geofence.geometry import Fix, distance_m, is_on_earth

STALE_S = 300.0  # an older report says where somebody was
AHEAD_S = 30.0  # phones' clocks are right to seconds; farther ahead nothing can be told
JUMP_M_S = 200 / 3.6
COARSEST_M = 50_000.0


class PositionInvalidError(InvalidError):
    """No such place on earth, or an accuracy that is none."""

    code = "position-invalid"


class PositionStaleError(DomainError):
    """The device says that it was there too long ago."""

    code = "position-stale"


class PositionInTheFutureError(DomainError):
    """The device's clock is ahead of ours."""

    code = "position-in-the-future"


class PositionJumpError(DomainError):
    """Nobody drives from the last position to this one in that time."""

    code = "position-jump"


def check(fix: Fix, last: Fix | None, *, at_s: float) -> None:
    """
    Refuse what cannot be a position of this trip, now.

    A refused fix is not remembered: after a wrong one that was let through, the
    right ones are refused only until they could have been reached from it.

    :raises PositionInvalidError: if it is no place, or the accuracy no distance.
    :raises PositionStaleError: if the device's own time is more than five minutes back.
    :raises PositionInTheFutureError: if it is more than half a minute ahead.
    :raises PositionJumpError: if it takes more than 200 km/h, both accuracies granted, from the last one.
    """
    if not is_on_earth(fix.position):
        raise PositionInvalidError("latitude is -90 to 90 degrees, longitude -180 to 180")
    if not 0.0 <= fix.accuracy_m <= COARSEST_M:
        raise PositionInvalidError(f"accuracy_m is 0 to {COARSEST_M:g} metres")
    if not fix.at_s >= at_s - STALE_S:
        raise PositionStaleError("this position is too old to tell where the trip is", now_s=round(at_s))
    if fix.at_s > at_s + AHEAD_S:
        raise PositionInTheFutureError("this position is from the future: check the clock", now_s=round(at_s))
    if last is not None and _is_jump(last, fix):
        raise PositionJumpError("nobody gets there from the last position in that time")


def _is_jump(last: Fix, fix: Fix) -> bool:
    span_s = fix.at_s - last.at_s
    if span_s <= 0:  # late or repeated: following passes it over
        return False
    least_m = distance_m(last.position, fix.position) - last.accuracy_m - fix.accuracy_m
    return least_m / span_s > JUMP_M_S
