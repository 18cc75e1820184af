"""How visits end: with their orders, or in silence."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from arrivals import belief, fusion, spots, visits
from arrivals.models import UNDERWAY, Arrival, ArrivalOrder
from orders.models import Order, Task
from orders.services import questions
from orders.services import visits as order_visits

Status = Arrival.Status

NEVER_CAME = timedelta(hours=3)  # a trip's longest life: after so much silence nobody is coming
UNANSWERED = timedelta(minutes=15)  # by then the car is gone: nobody needs to know any more
NEVER_SERVED = timedelta(hours=6)  # on the lot, and neither served nor seen to leave
COMES_BACK = timedelta(hours=1)  # who left is still on the same visit


def on_order_closed(sender: object, *, order_id: int, reason: str, at: datetime, **_: object) -> None:
    """
    End the order's part in its visit, and the visit with its last order; or open both again.

    Runs inside the transaction that closes the order, which holds its lock. No other
    order may be locked here: they are locked by rising id, and this one came first.
    """
    if reason == "REOPENED":
        _reopen(order_id)
        return
    questions.withdraw(order_id=order_id, at=at)
    link = ArrivalOrder.objects.filter(order=order_id, is_open=True).first()
    if link is None:
        return
    arrival = Arrival.objects.select_for_update().get(pk=link.arrival_id)
    link.is_open = False
    link.save(update_fields=["is_open"])
    if not arrival.arrival_orders.filter(is_open=True).exists():
        _end(arrival, at, was_given=reason == "PART")


def _end(arrival: Arrival, at: datetime, *, was_given: bool) -> None:
    """A part handed over is served, too: the rest is another visit's."""
    is_served = was_given or arrival.arrival_orders.filter(order__status=Order.Status.PICKED_UP).exists()
    if is_served:
        arrival.move_to(Status.SERVED, at=at)
    elif arrival.is_underway:
        arrival.move_to(Status.GONE if arrival.status == Status.ARRIVED else Status.LAPSED, at=at)
    arrival.needs_check, arrival.checks = False, []
    arrival.save()


def _reopen(order_id: int) -> None:
    link = ArrivalOrder.objects.filter(order=order_id).order_by("-pk").first()
    if link is None:
        return
    arrival = Arrival.objects.select_for_update().get(pk=link.arrival_id)
    link.is_open = True
    link.save(update_fields=["is_open"])
    if arrival.status == Status.SERVED:
        believed = fusion.believe(row.to_sign() for row in arrival.evidence.filter(declined_at=None))
        _serve_again(arrival, believed, order_id)


def _serve_again(arrival: Arrival, believed: fusion.Belief, order_id: int) -> None:
    """Take the visit up where it was; its bay may be another's by now."""
    before = arrival.spot_id
    is_here = believed.here_at is not None
    arrival.move_to(Status.ARRIVED if is_here else Status.ON_THE_WAY, at=arrival.opened_at)
    arrival.spot_id = None
    spots.place(arrival, believed, preferred=before)
    arrival.save()
    if is_here and arrival.spot_id != before and arrival.arrived_at:
        order_visits.customer_arrived(
            order_id=order_id,
            visit_id=arrival.pk,
            spot_id=arrival.spot_id,
            arrived_at=arrival.arrived_at,
            at=arrival.arrived_at,
        )


def get_silent(*, at: datetime) -> QuerySet[Arrival]:
    """Return the arrivals that silence has ended."""
    underway = Arrival.objects.filter(status__in=UNDERWAY)  # first: these few have an index of their own
    heard = underway.annotate(heard_at=Max("evidence__recorded_at"))
    is_overdue = Q(eta_high_at__isnull=True) | Q(eta_high_at__lt=at - NEVER_CAME)
    never_came = (
        Q(status__in=["ON_THE_WAY", "APPROACHING"])
        & Q(heard_at__lt=at - NEVER_CAME, opened_at__lt=at - NEVER_CAME)
        & is_overdue
    )
    never_served = Q(status="ARRIVED", heard_at__lt=at - NEVER_SERVED)
    return heard.filter(never_came | never_served).order_by("pk")


def withdraw_unanswered(*, at: datetime) -> int:
    """Take back the questions that nobody answered in time, and forget what was read; return how many."""
    late = Task.objects.filter(
        kind=Task.Kind.FIX, status__in=["QUEUED", "IN_PROGRESS"], queued_at__lt=at - UNANSWERED
    ).exclude(details__has_key="about")
    orders = late.order_by("order_id").values_list("order_id", flat=True).distinct()[:500]
    return sum(
        questions.withdraw(order_id=order_id, at=at, asked_before=at - UNANSWERED)
        for order_id in orders
        if order_id is not None
    )


def lapse(*, at: datetime) -> int:
    """
    End the visits that silence has ended, and let go of those who left for good; return how many.

    Safe to run twice or twice at once: each is looked at again under its locks.
    """
    gone = ArrivalOrder.objects.filter(
        is_open=True, arrival__status=Status.GONE, arrival__closed_at__lt=at - COMES_BACK
    )
    count = gone.update(is_open=False)
    return count + sum(_lapse(pk, at) for pk in get_silent(at=at).values_list("pk", flat=True)[:500])


@transaction.atomic
def _lapse(arrival_id: int, at: datetime) -> bool:
    links = ArrivalOrder.objects.filter(arrival=arrival_id, is_open=True)
    locked = visits.lock_orders(links.values_list("order_id", flat=True))
    arrival = Arrival.objects.select_for_update().get(pk=arrival_id)
    if arrival.status not in UNDERWAY or not get_silent(at=at).filter(pk=arrival_id).exists():
        return False
    orders = [locked[link.order_id] for link in links if link.order_id in locked]
    belief.lapse(visits.Visit(arrival, orders), at=at)
    return True
