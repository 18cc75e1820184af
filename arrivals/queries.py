"""Reads of arrivals: what is known of an order's visit, and what visits and cameras amount to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from arrivals.models import Arrival, ArrivalOrder, Evidence, ReadCount
from orders.models import Handover


@dataclass(frozen=True)
class OrderWait:
    """
    One order's wait at the store.

    :ivar arrived_at: the first confirmed moment on the lot; None if nothing was seen.
    :ivar arrived_by: the kind of evidence that confirmed it.
    :ivar wait: handover minus that moment; None without one of them, never negative.
    """

    order_id: int
    arrival_id: int
    arrived_at: datetime | None
    arrived_by: str
    handed_over_at: datetime | None
    wait: timedelta | None


@dataclass(frozen=True)
class ReadTotals:
    """How many plate reads were judged, and how."""

    reads: int
    matched: int
    asked: int
    dropped: int


def get_arrival(order_id: int) -> Arrival | None:
    """Return the newest visit for an order."""
    arrivals = Arrival.objects.select_related("spot").filter(arrival_orders__order=order_id)
    return arrivals.order_by("-pk").first()


def get_evidence(order_id: int) -> list[Evidence]:
    """
    Return everything that was heard of an order's customer, oldest first.

    What was heard on a visit for several orders belongs to each of them.
    """
    about = Q(arrival__arrival_orders__order=order_id) | Q(order=order_id)
    return list(
        Evidence.objects.filter(about).select_related("spot").order_by("observed_at", "pk").distinct()
    )


def get_waits(*, store_id: int, since: datetime, until: datetime) -> list[OrderWait]:
    """Return the wait of every order handed over at the store within [since, until), oldest first."""
    handovers = Handover.objects.filter(
        order__store=store_id, voided_at__isnull=True, is_part=False, at__gte=since, at__lt=until
    ).order_by("at", "pk")
    rows = list(handovers.values_list("order_id", "at"))
    visits = _get_visits(order_id for order_id, _ in rows)
    return [_measure(order_id, at, visits[order_id]) for order_id, at in rows if order_id in visits]


def get_wait(order_id: int) -> OrderWait | None:
    """Return one order's wait; None if it was never on a visit."""
    arrival = get_arrival(order_id)
    if arrival is None:
        return None
    handover = Handover.objects.filter(order=order_id, voided_at__isnull=True, is_part=False).first()
    return _measure(order_id, handover.at if handover else None, arrival)


def get_read_totals(*, store_id: int, since: datetime, until: datetime) -> ReadTotals:
    """Return the plate reads that the store judged in the hours beginning within [since, until)."""
    hours = ReadCount.objects.filter(store=store_id, hour__gte=since, hour__lt=until)
    sums = hours.aggregate(*(Sum(name) for name in ("reads", "matched", "asked", "dropped")))
    return ReadTotals(**{name.removesuffix("__sum"): total or 0 for name, total in sums.items()})


def _get_visits(order_ids: Iterable[int]) -> dict[int, Arrival]:
    """Return the newest visit of each order."""
    links = ArrivalOrder.objects.filter(order__in=list(order_ids))
    return {link.order_id: link.arrival for link in links.select_related("arrival").order_by("pk")}


def _measure(order_id: int, handed_over_at: datetime | None, arrival: Arrival) -> OrderWait:
    wait = None
    if handed_over_at is not None and arrival.arrived_at is not None:
        wait = max(handed_over_at - arrival.arrived_at, timedelta())
    return OrderWait(
        order_id=order_id,
        arrival_id=arrival.pk,
        arrived_at=arrival.arrived_at,
        arrived_by=arrival.arrived_by,
        handed_over_at=handed_over_at,
        wait=wait,
    )
