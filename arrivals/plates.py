"""The way of a plate read: judged outside the locks, then matched, asked about, or counted and forgotten."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from arrivals import belief, questions, testimony, visits
from arrivals.fusion import Claim, Kind
from arrivals.matching import ExpectedCar, Fit, Outcome, get_density, judge
from arrivals.models import Arrival, ArrivalOrder, Evidence
from arrivals.questions import Read
from orders import queries
from orders.models import Order, Task
from orders.queries import ExpectedOrder

JUDGE_WITHIN = timedelta(minutes=15)  # a read that waited longer is dropped unjudged
DECLINED_FOR = timedelta(hours=4)  # as long as a "no" to a car holds for the order


def is_stale(seen_at: datetime, at: datetime) -> bool:
    """Return whether a read waited too long, for a matcher or a line that was down, to be judged."""
    return at - seen_at > JUDGE_WITHIN


def take(read: Read, *, at: datetime) -> Arrival | None:
    """Judge a read and act on it; see `services.record_plate_read`."""
    verdict = judge(read.candidates, get_expected_cars(store_id=read.store_id, at=read.seen_at))
    with transaction.atomic():
        locked = visits.lock_orders(pk for fit in verdict.fits for pk in fit.car.order_ids)
        if known := testimony.find_evidence(read.source_key):
            return known.arrival
        fits = [fit for fit in verdict.fits if _is_open(fit, locked) and not _was_declined(fit, at)]
        outcome = verdict.outcome if fits else Outcome.DROP
        if read.is_leaving and (outcome != Outcome.MATCH or not _has_visit(fits[0])):
            outcome = Outcome.DROP  # who leaves without having come is nobody's business
        arrival = _act(read, outcome, fits, locked, at)
        count(store_id=read.store_id, seen_at=read.seen_at, outcome=outcome)
        return arrival


def get_expected_cars(*, store_id: int, at: datetime) -> list[ExpectedCar]:
    """Return the plates expected at the store, each with the chance that it comes at this minute."""
    cars: dict[tuple[int, str], list[tuple[float, int]]] = {}
    for order in queries.get_expected_orders(store_id=store_id, at=at):
        for plate in order.plates:
            cars.setdefault((order.customer_id, plate), []).append((_get_density(order, at), order.order_id))
    return [
        ExpectedCar(
            customer_id=customer_id,
            order_ids=tuple(order_id for _, order_id in sorted(orders, key=lambda one: (-one[0], one[1]))),
            plate=plate,
            per_minute=max(density for density, _ in orders),
        )
        for (customer_id, plate), orders in cars.items()
    ]


def count(*, store_id: int, seen_at: datetime, outcome: Outcome) -> None:
    """Add one read to the store's hour; call it last, as all cameras of a store wait for each other here."""
    hour = seen_at.replace(minute=0, second=0, microsecond=0)
    matched, asked, dropped = (int(outcome == one) for one in (Outcome.MATCH, Outcome.ASK, Outcome.DROP))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO arrivals_readcount AS kept (store_id, hour, reads, matched, asked, dropped)"
            " VALUES (%s, %s, 1, %s, %s, %s) ON CONFLICT (store_id, hour) DO UPDATE SET"
            " reads = kept.reads + 1, matched = kept.matched + excluded.matched,"
            " asked = kept.asked + excluded.asked, dropped = kept.dropped + excluded.dropped",
            [store_id, hour, matched, asked, dropped],
        )


def _act(
    read: Read, outcome: Outcome, fits: list[Fit], locked: dict[int, Order], at: datetime
) -> Arrival | None:
    if outcome == Outcome.MATCH:
        return _match(read, fits[0], locked, at)
    return questions.ask(read, fits, locked, at) if outcome == Outcome.ASK else None


def _match(read: Read, fit: Fit, locked: dict[int, Order], at: datetime) -> Arrival:
    order = questions.choose_order(fit, locked)
    visit = visits.join_visit(order, locked, observed_at=read.seen_at, at=at)
    testimony.witness(
        visit,
        order=order,
        kind=Kind.PLATE,
        claim=Claim.AWAY if read.is_leaving else Claim.HERE,
        weight=questions.weigh(fit, is_asked=False),
        reason="plate-leaving" if read.is_leaving else fit.reason,
        source_key=read.source_key,
        observed_at=read.seen_at,
        at=at,
        **questions.tell(read, fit),
    )
    return belief.refresh(visit, trigger=Task.Trigger.PLATE, at=at)


def _is_open(fit: Fit, locked: dict[int, Order]) -> bool:
    return any(locked[pk].is_open for pk in fit.car.order_ids)


def _has_visit(fit: Fit) -> bool:
    return ArrivalOrder.objects.filter(order__in=fit.car.order_ids, is_open=True).exists()


def _was_declined(fit: Fit, at: datetime) -> bool:
    """
    Whether an associate has said of a car read no worse than this that it is not the customer's.

    No part of that car's plate is kept to know it again: only how far it was from the expected one.
    """
    declined = Evidence.objects.filter(
        order__in=fit.car.order_ids, kind=Kind.PLATE, declined_at__gte=at - DECLINED_FOR
    )
    return any(fit.edits >= one.data["edits"] for one in declined)


def _get_density(order: ExpectedOrder, at: datetime) -> float:
    return get_density(
        at,
        window_start=order.window_start,
        window_end=order.window_end,
        eta_low_at=order.eta_low_at,
        eta_high_at=order.eta_high_at,
    )
