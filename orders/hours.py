"""Opening hours as moments. Pure: a store's own clock, with its daylight saving, and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Stretch:
    """From when to when a store is open on one day, by its own clock."""

    opens: time
    closes: time


@dataclass(frozen=True)
class Hours:
    """
    A store's hours.

    :ivar weekly: stretches by weekday, Monday is 0.
    :ivar special: stretches of single dates, instead of the weekly ones; none means closed.
    """

    zone: ZoneInfo
    weekly: Mapping[int, Sequence[Stretch]]
    special: Mapping[date, Sequence[Stretch]]

    def get_stretches(self, day: date) -> Sequence[Stretch]:
        """Return when the store is open on a day, in order."""
        found = self.special.get(day, self.weekly.get(day.weekday(), ()))
        return sorted(found, key=lambda stretch: stretch.opens)


def cut_slots(
    hours: Hours, *, length: timedelta, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """
    Yield the whole slots, start and end in UTC, that start in [since, until).

    Slots are cut by elapsed time from each opening, so that on the days the clock
    jumps every slot still has its length; a rest too short for one is left out.
    """
    day = since.astimezone(hours.zone).date()
    while day <= until.astimezone(hours.zone).date():
        for stretch in hours.get_stretches(day):
            start = _to_utc(day, stretch.opens, hours.zone)
            closes = _to_utc(day, stretch.closes, hours.zone)
            while start + length <= closes:
                if since <= start < until:
                    yield start, start + length
                start += length
        day += timedelta(days=1)


def _to_utc(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A time that the clock skips is the moment it jumps; one that comes twice is its first."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
