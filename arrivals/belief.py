"""An arrival brought to what its evidence says, and its orders told of what changed for them."""

from datetime import datetime

from arrivals import effects, fusion, spots
from arrivals.models import Arrival
from arrivals.visits import Visit

Status = Arrival.Status
RANK = {Status.ON_THE_WAY: 0, Status.APPROACHING: 1, Status.ARRIVED: 2, Status.GONE: 2}


def refresh(visit: Visit, *, trigger: str, at: datetime, is_correction: bool = False) -> Arrival:
    """
    Bring the arrival to what its evidence says, and tell the orders; in the caller's transaction.

    The belief depends on the set of evidence alone, not on the order of its coming.
    Only a correction may take it back.

    :param trigger: which sense to name if the fresh wave starts now.
    """
    arrival = visit.arrival
    rows = list(arrival.evidence.filter(declined_at=None).order_by("observed_at", "source_key"))
    if not rows:
        return lapse(visit, at=at)
    belief = fusion.believe(row.to_sign() for row in rows)
    follow(arrival, belief, is_correction=is_correction)
    checks = {check.value for check in belief.checks}
    if spots.place(arrival, belief):
        checks.add(fusion.Check.BAY_TAKEN.value)
    rivals = _find_rivals(visit, belief)
    if rivals and not any(row.kind == fusion.Kind.ASSOCIATE for row in rows):
        checks.add(fusion.Check.TWO_STORES.value)
    _check(arrival, checks)
    arrival.save()
    for rival in rivals:
        _check(rival, {*rival.checks, fusion.Check.TWO_STORES.value})
        rival.save(update_fields=["needs_check", "checks"])
    effects.tell(arrival, visit.orders, rows, belief, trigger=trigger, at=at)
    return arrival


def lapse(visit: Visit, *, at: datetime) -> Arrival:
    """End a visit of which nothing is left, or nothing was heard for long."""
    arrival = visit.arrival
    arrival.move_to(Status.LAPSED, at=at)
    _check(arrival, set())
    arrival.save()
    arrival.arrival_orders.filter(is_open=True).update(is_open=False)
    effects.forget(arrival, visit.orders, at=at)
    return arrival


def follow(arrival: Arrival, belief: fusion.Belief, *, is_correction: bool = False) -> None:
    """Set status and moments in memory to what is believed; back only as a correction."""
    target = _get_status(belief)
    is_back = RANK[target] < RANK.get(Status(arrival.status), 0)
    if is_back and not is_correction:
        return
    if target != arrival.status:
        move = arrival.correct_to if is_correction else arrival.move_to
        move(target, at=belief.left_at or arrival.opened_at)
    if target == Status.GONE:
        arrival.closed_at = belief.left_at
    arrival.approaching_at = belief.near_at
    arrival.arrived_at = belief.here_at
    arrival.arrived_by = belief.here_by or ""


def _get_status(belief: fusion.Belief) -> Arrival.Status:
    if belief.left_at is not None:
        return Status.GONE
    if belief.here_at is not None:
        return Status.ARRIVED
    return Status.ON_THE_WAY if belief.near_at is None else Status.APPROACHING


def _find_rivals(visit: Visit, belief: fusion.Belief) -> list[Arrival]:
    """Return visits of the same customers that are on the lot of another store, locked with them."""
    if belief.confidence < fusion.DISAGREE_AT:
        return []
    customers = {order.customer_id for order in visit.orders}
    elsewhere = (
        Arrival.objects.filter(
            status=Status.ARRIVED,
            arrival_orders__is_open=True,
            arrival_orders__order__customer__in=customers,
        )
        .exclude(store=visit.arrival.store_id)
        .order_by("pk")
    )
    return list({arrival.pk: arrival for arrival in elsewhere}.values())


def _check(arrival: Arrival, checks: set[str]) -> None:
    arrival.checks = sorted(checks)
    arrival.needs_check = bool(checks)
