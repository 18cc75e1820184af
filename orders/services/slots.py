"""Pickup slots: what is offered, and taking one so that no slot ever holds more than it can."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from bopis.errors import DomainError, InvalidError
from orders import hours, packing_time
from orders.models import Order, OrderLine, Slot, SlotPlan, Store
from orders.models.lines import get_wave

MOST_OFFERS = 200


class NotASlotError(InvalidError):
    """The window is not one of the store's slots; `offers` are."""

    code = "not-a-slot"


class SlotFullError(DomainError):
    """The slot cannot bear another order like this; `offers` are the next that can."""

    code = "slot-full"


@dataclass(frozen=True)
class Load:
    """What one order asks of its slot."""

    staff_seconds: int = 0
    chilled_units: int = 0


@dataclass(frozen=True)
class Offer:
    """One slot, and whether it can bear the order; `fee_minor` in the store's currency."""

    start: datetime
    end: datetime
    is_free: bool
    fee_minor: int

    def describe(self) -> dict[str, Any]:
        """Return what an API says of it."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "free": self.is_free,
            "fee_minor": self.fee_minor,
        }


def measure(waves_and_quantities: Sequence[tuple[str, float]]) -> Load:
    """Return what lines of (temperature zone, quantity) ask of a slot: work, and cold space."""
    fresh = [quantity for zone, quantity in waves_and_quantities if get_wave(zone) == OrderLine.Wave.FRESH]
    work = packing_time.get_ambient_time(len(waves_and_quantities) - len(fresh))
    work += packing_time.get_fresh_time(len(fresh))
    cold = sum(quantity for zone, quantity in waves_and_quantities if zone in {"CHILLED", "FROZEN"})
    return Load(round(work.total_seconds()), -int(-cold // 1))


def measure_order(order: Order) -> Load:
    """Return what an order asks of its slot, by the lines it was placed with."""
    lines = order.lines.exclude(status__in=["SHORT", "CANCELED"]).select_related("product")
    return measure([(line.product.zone, float(line.quantity)) for line in lines])


def get_offers(store: Store, load: Load, *, at: datetime) -> list[Offer]:
    """
    Return the store's slots from its lead time on, as many days as it plans; none without a plan.
    """
    plan = _get_plan(store)
    if plan is None:
        return []
    times = _get_times(store, plan, at)
    taken = {slot.start: slot for slot in Slot.objects.filter(store=store, start__in=[t[0] for t in times])}
    return [
        Offer(start, end, _has_room(plan, taken.get(start), load), plan.fee_minor) for start, end in times
    ]


def take(store: Store, window: tuple[datetime, datetime], load: Load, *, at: datetime) -> Slot | None:
    """
    Take room in a slot for an order, in the caller's transaction; None for a store without a plan.

    :raises NotASlotError: if the window is no slot of the store, or too early to be had.
    :raises SlotFullError: if it cannot bear the order.
    """
    plan = _get_plan(store)
    if plan is None:
        return None
    if window not in _get_times(store, plan, at):
        raise NotASlotError("this is no slot of the store", offers=_get_next(store, load, at))
    start, end = window
    Slot.objects.bulk_create([Slot(store=store, start=start, end=end)], ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, _get_limits(plan) | vars(load) | {"store": store.pk, "start": start})
        row = cursor.fetchone()
    if row is None:
        raise SlotFullError("the slot is full", offers=_get_next(store, load, at))
    return Slot.objects.get(pk=row[0])


def grow(store: Store, start: datetime, load: Load, *, than: Load, at: datetime) -> None:
    """
    Let an order in a slot ask for more `than` it did, in the caller's transaction.

    :raises SlotFullError: if the slot cannot bear it.
    """
    plan = _get_plan(store)
    if plan is None or not Slot.objects.filter(store=store, start=start).exists():
        return
    more = {name: value - vars(than)[name] for name, value in vars(load).items()}
    with connection.cursor() as cursor:
        cursor.execute(_GROW, _get_limits(plan) | more | {"store": store.pk, "start": start})
        if cursor.fetchone() is None:
            raise SlotFullError("the slot is full", offers=_get_next(store, load, at))


def lock(places: Iterable[tuple[int, datetime]]) -> None:
    """
    Lock the slots of (store id, start) in the order of their ids.

    For a step that takes one and gives another back: two such steps would else wait
    for each other in a circle.
    """
    wanted = reduce(or_, (Q(store_id=store_id, start=start) for store_id, start in places))
    list(Slot.objects.select_for_update().filter(wanted).order_by("pk").values_list("pk"))


def give_back(store_id: int, start: datetime, load: Load) -> None:
    """Free the room of an order that was canceled or moved; the caller sees that it happens once."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, vars(load) | {"store": store_id, "start": start})


# Room is taken as stock is: by one statement that holds or does nothing.
_TAKE = """
UPDATE orders_slot
SET orders = orders + 1,
    staff_seconds = staff_seconds + %(staff_seconds)s,
    chilled_units = chilled_units + %(chilled_units)s
WHERE store_id = %(store)s AND start = %(start)s
  AND (%(most_orders)s::int IS NULL OR orders < %(most_orders)s)
  AND (%(most_seconds)s::int IS NULL OR staff_seconds + %(staff_seconds)s <= %(most_seconds)s)
  AND (%(most_chilled)s::int IS NULL OR chilled_units + %(chilled_units)s <= %(most_chilled)s)
RETURNING id
"""
_GROW = """
UPDATE orders_slot
SET staff_seconds = staff_seconds + %(staff_seconds)s,
    chilled_units = chilled_units + %(chilled_units)s
WHERE store_id = %(store)s AND start = %(start)s
  AND (%(most_seconds)s::int IS NULL OR staff_seconds + %(staff_seconds)s <= %(most_seconds)s)
  AND (%(most_chilled)s::int IS NULL OR chilled_units + %(chilled_units)s <= %(most_chilled)s)
RETURNING id
"""
_GIVE_BACK = """
UPDATE orders_slot
SET orders = GREATEST(orders - 1, 0),
    staff_seconds = GREATEST(staff_seconds - %(staff_seconds)s, 0),
    chilled_units = GREATEST(chilled_units - %(chilled_units)s, 0)
WHERE store_id = %(store)s AND start = %(start)s
"""


def _get_plan(store: Store) -> SlotPlan | None:
    return getattr(store, "slot_plan", None)  # absent, or loaded with the store


def _get_limits(plan: SlotPlan) -> dict[str, int | None]:
    return {
        "most_orders": plan.orders,
        "most_seconds": None if plan.staff_minutes is None else plan.staff_minutes * 60,
        "most_chilled": plan.chilled_units,
    }


def _has_room(plan: SlotPlan, slot: Slot | None, load: Load) -> bool:
    used = slot or Slot()
    limits = _get_limits(plan)
    wanted = {
        "most_orders": used.orders + 1,
        "most_seconds": used.staff_seconds + load.staff_seconds,
        "most_chilled": used.chilled_units + load.chilled_units,
    }
    return all(limit is None or wanted[name] <= limit for name, limit in limits.items())


def _get_times(store: Store, plan: SlotPlan, at: datetime) -> list[tuple[datetime, datetime]]:
    """The slots that may still be ordered, whether they have room or not."""
    known = get_hours(store)
    since = at + plan.lead
    local = at.astimezone(known.zone)
    if plan.same_day_until is not None and local.time() > plan.same_day_until:
        tomorrow = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        since = max(since, tomorrow)
    until = at + timedelta(days=plan.days_ahead)
    return list(hours.cut_slots(known, length=plan.length, since=since, until=until))[:MOST_OFFERS]


def _get_next(store: Store, load: Load, at: datetime) -> list[dict[str, Any]]:
    return [offer.describe() for offer in get_offers(store, load, at=at) if offer.is_free][:3]


def get_hours(store: Store) -> hours.Hours:
    """Return a store's opening hours and special days."""
    weekly: defaultdict[int, list[hours.Stretch]] = defaultdict(list)
    for row in store.opening_hours.all():
        weekly[row.weekday].append(hours.Stretch(row.opens, row.closes))
    special = {
        row.date: [hours.Stretch(row.opens, row.closes)] if row.opens and row.closes else []
        for row in store.special_days.all()
    }
    return hours.Hours(ZoneInfo(store.time_zone), weekly, special)
