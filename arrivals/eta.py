"""The expected time of arrival of a visit: which of two to believe, and what it contradicts."""

from datetime import datetime, timedelta

from arrivals import effects
from arrivals.fusion import Kind
from arrivals.models import Arrival
from arrivals.visits import Visit

Status = Arrival.Status
FRESH = timedelta(minutes=3)  # an older ETA contradicts nobody, nor one nearer than this


def note(visit: Visit, by: Kind, low_at: datetime, high_at: datetime, *, at: datetime) -> None:
    """
    Keep an ETA and plan the visit's fresh waves by it, unless a better one is known.

    What a customer says is worth less than what their position said a moment ago.
    """
    arrival = visit.arrival
    if arrival.status not in {Status.ON_THE_WAY, Status.APPROACHING}:
        return
    age = at - arrival.eta_at if arrival.eta_at else None
    is_late = age is not None and age < timedelta()
    is_weaker = by == Kind.ON_MY_WAY and arrival.eta_by == Kind.ETA and age is not None and age < FRESH
    if is_late or is_weaker:
        return
    arrival.eta_low_at, arrival.eta_high_at, arrival.eta_at, arrival.eta_by = low_at, high_at, at, by
    arrival.save(update_fields=["eta_low_at", "eta_high_at", "eta_at", "eta_by"])
    effects.expect(arrival, visit.orders, at=at)


def is_later(arrival: Arrival, at: datetime) -> bool:
    """Return whether a fresh ETA by position says that the customer is still minutes away."""
    if arrival.eta_by != Kind.ETA or arrival.eta_at is None or arrival.eta_low_at is None:
        return False
    return at - arrival.eta_at < FRESH < arrival.eta_low_at - at
