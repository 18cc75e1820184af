"""Evidence as it comes: written down once per source, with its weight and its reason."""

from datetime import datetime
from typing import Any

from arrivals import belief, visits
from arrivals.fusion import Claim, Kind
from arrivals.models import Arrival, Evidence
from arrivals.visits import Visit
from orders.models import Order


def report(
    *,
    order_id: int,
    kind: Kind,
    claim: Claim,
    weight: float,
    reason: str,
    source_key: str,
    observed_at: datetime,
    at: datetime,
    trigger: str,
    spot_id: int | None = None,
    **data: Any,
) -> Visit | None:
    """
    Write down what one sense says of a customer, and let the arrival follow; in the caller's transaction.

    :return: the visit; None if this source has said it before.
    :raises OrderClosedError: if nobody is expected for the order any more.
    """
    locked = visits.lock_orders([order_id])
    if find_evidence(source_key):
        return None
    order = locked[order_id]
    observed_at = min(observed_at, at)
    visit = visits.join_visit(order, locked, observed_at=observed_at, at=at)
    witness(
        visit,
        order=order,
        kind=kind,
        claim=claim,
        weight=weight,
        reason=reason,
        source_key=source_key,
        observed_at=observed_at,
        at=at,
        spot_id=spot_id,
        **data,
    )
    belief.refresh(visit, trigger=trigger, at=at)
    return visit


def find_evidence(source_key: str) -> Evidence | None:
    """Return the evidence that this source has already given."""
    return Evidence.objects.select_related("arrival").filter(source_key=source_key).first()


def find_arrival(source_key: str) -> Arrival | None:
    """Return the arrival that this source has already spoken of."""
    known = find_evidence(source_key)
    return known.arrival if known else None


def get_arrival(source_key: str) -> Arrival:
    """Return the arrival of a source that is known to have spoken."""
    return Arrival.objects.get(evidence__source_key=source_key)


def witness(
    visit: Visit,
    *,
    order: Order,
    kind: Kind,
    claim: Claim,
    weight: float,
    reason: str,
    source_key: str,
    observed_at: datetime,
    at: datetime,
    spot_id: int | None = None,
    **data: Any,
) -> Evidence:
    """Add evidence to the visit; the source is new, or the database refuses it."""
    visit.arrival.opened_at = min(visit.arrival.opened_at, observed_at)
    return Evidence.objects.create(
        arrival=visit.arrival,
        order=order,
        kind=kind,
        claim=claim,
        weight=weight,
        reason=reason,
        spot_id=spot_id,
        source_key=source_key,
        observed_at=observed_at,
        recorded_at=at,
        data=data,
    )


def say(
    visit: Visit,
    *,
    order: Order,
    kind: Kind,
    weight: float,
    reason: str,
    source_key: str,
    spot_id: int | None,
    at: datetime,
) -> None:
    """Add a person's word that the customer is here, unless it is what was said last."""
    said = visit.arrival.evidence.filter(kind=kind, claim=Claim.HERE, declined_at=None)
    last = said.order_by("-observed_at", "-pk").first()
    is_known = last is not None and last.spot_id == spot_id and last.weight >= weight
    if is_known and visit.arrival.status != Arrival.Status.GONE:
        return
    witness(
        visit,
        order=order,
        kind=kind,
        claim=Claim.HERE,
        weight=weight,
        reason=reason,
        source_key=source_key,
        observed_at=at,
        at=at,
        spot_id=spot_id,
    )
