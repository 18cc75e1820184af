"""What a change of belief means for the orders of a visit: the calls downward, each made when needed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from arrivals import fusion
from arrivals.models import Arrival, Claim, Evidence
from orders import packing_time, queries
from orders.models import Order
from orders.services import visits

Status = Arrival.Status


def tell(
    arrival: Arrival,
    orders: Sequence[Order],
    evidence: Sequence[Evidence],
    belief: fusion.Belief,
    *,
    trigger: str,
    at: datetime,
) -> None:
    """Push to each order what it does not yet know of its visit; the caller holds their locks."""
    signals = get_signals(arrival, evidence)
    for order in orders:
        if not order.is_open:
            continue
        if arrival.status == Status.GONE:
            visits.customer_left(order_id=order.pk, visit_id=arrival.pk, at=at)
            continue
        if arrival.status == Status.ARRIVED:
            _arrive(arrival, order, trigger, at)
        else:
            _approach(arrival, order, belief, trigger, at)
        if signals != order.signals:
            visits.note_signals(order_id=order.pk, visit_id=arrival.pk, signals=signals, at=at)


def expect(arrival: Arrival, orders: Iterable[Order], *, at: datetime) -> None:
    """Tell the orders the ETA, and plan their fresh waves to be finished just before it."""
    if arrival.eta_low_at is None or arrival.eta_high_at is None:
        return
    for order in orders:
        visits.customer_expected(
            order_id=order.pk,
            visit_id=arrival.pk,
            eta_low_at=arrival.eta_low_at,
            eta_high_at=arrival.eta_high_at,
            at=at,
        )
        takes = queries.get_packing_time(order.pk)
        visits.plan_fresh_wave(
            order_id=order.pk,
            release_at=arrival.eta_low_at - takes - packing_time.MARGIN,
            due_at=arrival.eta_low_at,
            at=at,
        )


def forget(arrival: Arrival, orders: Iterable[Order], *, at: datetime) -> None:
    """Tell the orders that nobody is coming on this visit."""
    for order in orders:
        if order.is_open:
            visits.customer_left(order_id=order.pk, visit_id=arrival.pk, at=at)


def get_signals(arrival: Arrival, evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """
    Return what the card's chips show: the best of each kind that saw the customer, in order of time.

    A CHECK among them says that they do not agree, with the reason's code.
    """
    best: dict[str, Evidence] = {}
    for one in evidence:
        if one.claim in {Claim.NEAR, Claim.HERE} and one.weight > getattr(best.get(one.kind), "weight", 0):
            best[one.kind] = one
    chips = [
        {"kind": one.kind, "confidence": round(one.weight, 2), "at": one.observed_at.isoformat()}
        for one in sorted(best.values(), key=lambda one: (one.observed_at, one.kind))
    ]
    return chips + [{"kind": "CHECK", "confidence": 1.0, "reason": code} for code in arrival.checks]


def _arrive(arrival: Arrival, order: Order, trigger: str, at: datetime) -> None:
    if arrival.arrived_at is None:
        return
    knows = (order.visit_id, order.customer_arrived_at, order.spot_id)
    if knows == (arrival.pk, arrival.arrived_at, arrival.spot_id):
        return
    visits.release_fresh_wave(order_id=order.pk, trigger=trigger, due_at=arrival.arrived_at, at=at)
    visits.customer_arrived(
        order_id=order.pk,
        visit_id=arrival.pk,
        spot_id=arrival.spot_id,
        arrived_at=arrival.arrived_at,
        at=at,
    )


def _approach(arrival: Arrival, order: Order, belief: fusion.Belief, trigger: str, at: datetime) -> None:
    if order.customer_arrived_at is not None:  # corrected: the customer was never here
        visits.customer_left(order_id=order.pk, visit_id=arrival.pk, at=at)
        order.visit_id, order.signals = None, []
    if order.visit_id != arrival.pk or order.customer_on_way_at is None:
        visits.customer_on_the_way(order_id=order.pk, visit_id=arrival.pk, at=at)
    if belief.confidence >= fusion.PREPARE_AT:
        due_at = max(arrival.eta_low_at or at, at)
        visits.release_fresh_wave(order_id=order.pk, trigger=trigger, due_at=due_at, at=at)
