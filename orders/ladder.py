"""The no-show ladder: when a customer who did not come is reminded, and when the order ends. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# UX.md section 4, row 22: reminders two hours and one day after the window, and on the last day.
FIRST = timedelta(hours=2)
SECOND = LAST = timedelta(days=1)


@dataclass(frozen=True)
class Rung:
    """One step of the ladder; `kind` is the message that tells of it."""

    kind: str
    at: datetime


def get_rungs(window_end: datetime, keep_until: datetime) -> list[Rung]:
    """
    Return the rungs in the order of their times; the last one is the order's end.

    A short hold period leaves reminders out that would come at the same time as another.
    """
    last = keep_until - LAST
    rungs = []
    if window_end + FIRST < keep_until:
        rungs.append(Rung("NOT_COLLECTED", window_end + FIRST))
    if window_end + SECOND < last:
        rungs.append(Rung("STILL_WAITING", window_end + SECOND))
    if window_end + FIRST < last:
        rungs.append(Rung("LAST_DAY", last))
    return [*rungs, Rung("EXPIRED", keep_until)]


def get_next(window_end: datetime, keep_until: datetime | None, *, after: datetime) -> datetime | None:
    """Return when the next rung is due; an order that is kept without end has none."""
    if keep_until is None:
        return None
    return next((rung.at for rung in get_rungs(window_end, keep_until) if rung.at > after), keep_until)


def get_due(window_end: datetime, keep_until: datetime, *, at: datetime) -> Rung | None:
    """Return the highest rung whose time has come: what lay below it is old news."""
    return next((rung for rung in reversed(get_rungs(window_end, keep_until)) if rung.at <= at), None)
