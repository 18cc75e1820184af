"""The figures a manager reads: by store and hour, all reckoned from the pickup records of `reports`."""

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from orders.models import Order, Store
from orders.reports import Pickup, Writable, get_pickups

Row = TypeVar("Row")

# The KPI dictionary: the names are the CSV's columns, the words stand on the page and in the file.
DEFINITIONS = {
    "hour": _("the hour of the handover, in the store's time"),
    "orders": _("orders handed over, undone handovers left out"),
    "wait_median_s": _(
        "handed over - arrived, the middle one; arrived is the first confirmed moment on the lot"
    ),
    "wait_p90_s": _("nine of ten customers waited no longer"),
    "time_to_ready_median_s": _("ready - placed, the middle one"),
    "pick_time_median_s": _("packing of all waves, started to staged, the middle one"),
    "ready_on_time": _("share of the orders that were ready no later than the window's start"),
    "short_rate": _("lines not found on the shelf / lines ordered"),
    "fill_rate": _("units handed over / units ordered"),
    "no_show": _("orders given up since nobody came / those and the orders handed over"),
    "signals": _("what first said that the customer was here: a wait by tap is flattering"),
}


@dataclass(frozen=True)
class Figures:
    """One hour, or the whole day (hour None); None: nothing happened to reckon it from; shares 0 to 1."""

    hour: datetime | None
    orders: int
    wait_median_s: int | None
    wait_p90_s: int | None
    time_to_ready_median_s: int | None
    pick_time_median_s: int | None
    ready_on_time: float | None
    short_rate: float | None
    fill_rate: float | None
    no_show: float | None
    signals: dict[str, int]


@dataclass(frozen=True)
class Day:
    """A store's day: the hours in which something happened, and all of it together."""

    hours: list[Figures]
    total: Figures


def get_day(store: Store, day: date) -> Day:
    """Return a store's figures of one day by its own clock: 23 or 25 hours when that changes."""
    zone = ZoneInfo(store.time_zone)
    since = datetime.combine(day, time(), zone)
    until = datetime.combine(day + timedelta(days=1), time(), zone)
    pickups = list(get_pickups(store_id=store.pk, since=since, until=until))
    given_up = Order.objects.filter(
        store=store, status=Order.Status.EXPIRED, status_changed_at__gte=since, status_changed_at__lt=until
    ).values_list("status_changed_at", flat=True)
    hours = _by_hour(pickups, lambda pickup: pickup.picked_up_at, zone)
    lost = _by_hour(given_up, lambda moment: moment, zone)
    rows = [
        reckon(hours.get(hour, []), no_shows=len(lost.get(hour, [])), hour=hour.astimezone(zone))
        for hour in sorted(hours.keys() | lost.keys())
    ]
    return Day(rows, reckon(pickups, no_shows=len(given_up), hour=None))


def reckon(pickups: list[Pickup], *, no_shows: int, hour: datetime | None) -> Figures:
    """Return the figures of some pickups, and of so many orders that nobody came for."""
    return Figures(
        hour=hour,
        orders=len(pickups),
        wait_median_s=_middle(pickup.wait_s for pickup in pickups),
        wait_p90_s=_percentile((pickup.wait_s for pickup in pickups), 90),
        time_to_ready_median_s=_middle(pickup.time_to_ready_s for pickup in pickups),
        pick_time_median_s=_middle(pickup.pick_time_s for pickup in pickups),
        ready_on_time=_share(sum(pickup.ready_on_time for pickup in pickups), len(pickups)),
        short_rate=_share(sum(pickup.short_lines for pickup in pickups), sum(p.lines for p in pickups)),
        fill_rate=_share(
            float(sum(pickup.given_units for pickup in pickups)),
            float(sum(pickup.ordered_units for pickup in pickups)),
        ),
        no_show=_share(no_shows, no_shows + len(pickups)),
        signals=dict(Counter(pickup.arrived_by or "NONE" for pickup in pickups).most_common()),
    )


def write_csv(day: Day, target: Writable) -> None:
    """Write the hours and then the whole day, the definitions first as comment lines."""
    for name, meaning in DEFINITIONS.items():
        target.write(f"# {name}: {meaning}\r\n")
    writer = csv.DictWriter(target, [field.name for field in fields(Figures)])
    writer.writeheader()
    for figures in [*day.hours, day.total]:
        row = asdict(figures)
        row["hour"] = figures.hour.isoformat() if figures.hour else "day"
        row["signals"] = " ".join(f"{kind}:{count}" for kind, count in figures.signals.items())
        writer.writerow(row)


def _by_hour(
    rows: Iterable[Row], get_moment: Callable[[Row], datetime], zone: ZoneInfo
) -> dict[datetime, list[Row]]:
    hours: dict[datetime, list[Row]] = {}
    for row in rows:
        hour = get_moment(row).astimezone(zone).replace(minute=0, second=0, microsecond=0)
        # Kept in UTC: of the hour that comes twice in autumn the local times are equal.
        hours.setdefault(hour.astimezone(UTC), []).append(row)
    return hours


def _middle(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return round(median(known)) if known else None


def _percentile(values: Iterable[int | None], percent: int) -> int | None:
    known = sorted(value for value in values if value is not None)
    return known[math.ceil(len(known) * percent / 100) - 1] if known else None  # nearest rank


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
