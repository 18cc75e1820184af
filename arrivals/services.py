"""
What may be told of a customer's whereabouts, and what follows: one function a sense.

Each is one transaction that locks the customer's orders, then the arrival; each is safe to
repeat, since its source is written down with the evidence.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from arrivals import belief, eta, fusion, plates, questions, spots, testimony, visits
from arrivals.fusion import Claim, Kind
from arrivals.matching import Candidate, Outcome
from arrivals.models import Arrival
from bopis import audit
from bopis.errors import TransitionError
from orders.models import Order, Task

Status = Arrival.Status
Trigger = Task.Trigger


def record_plate_read(
    *,
    store_id: int,
    camera_id: int,
    candidates: Sequence[Candidate],
    source_key: str,
    seen_at: datetime,
    at: datetime,
    is_leaving: bool = False,
) -> Arrival | None:
    """
    Match a plate read to an expected customer, ask an associate about it, or forget it.

    A read that is nobody's leaves a count and nothing else. The same source again has no
    second effect.

    :param candidates: alternatives of one read, normalized; kept in memory only.
    :param is_leaving: the camera looks at the lot's exit.
    :return: the arrival that it belongs to; None if it is nobody's, or a question is open.
    """
    if plates.is_stale(seen_at, at):
        plates.count(store_id=store_id, seen_at=seen_at, outcome=Outcome.DROP)
        return None
    read = questions.Read(store_id, camera_id, tuple(candidates), source_key, min(seen_at, at), is_leaving)
    return plates.take(read, at=at)


@transaction.atomic
def record_crossing(
    *,
    order_id: int,
    zone: fusion.Zone,
    entered: bool,
    accuracy_m: float,
    spot_id: int | None = None,
    source_key: str,
    observed_at: datetime,
    at: datetime,
) -> Arrival:
    """
    Take note that the customer's position went into a zone, or out of it.

    :param spot_id: of a BAY, the spot that it is.
    :raises OrderClosedError: if nobody is expected for the order any more.
    """
    claim, weight, reason = fusion.read_crossing(zone, entered=entered, accuracy_m=accuracy_m)
    testimony.report(
        order_id=order_id,
        kind=Kind.CROSSING,
        claim=claim,
        weight=weight,
        reason=reason,
        source_key=source_key,
        observed_at=observed_at,
        at=at,
        trigger=Trigger.POSITION,
        spot_id=spot_id if claim == Claim.HERE else None,
        accuracy_m=round(accuracy_m),
    )
    return testimony.get_arrival(source_key)


@transaction.atomic
def record_eta(*, order_id: int, eta_low_at: datetime, eta_high_at: datetime, at: datetime) -> Arrival:
    """
    Take note of when the customer will be here, by their position, as a band from 10 to 90 %.

    The fresh wave is planned to be finished just before. The newest counts; once the
    customer is here, none does.

    :raises OrderClosedError: if nobody is expected for the order any more.
    """
    locked = visits.lock_orders([order_id])
    visit = visits.join_visit(locked[order_id], locked, observed_at=at, at=at)
    testimony.report(
        order_id=order_id,
        kind=Kind.ETA,
        claim=Claim.COMING,
        weight=fusion.ETA,
        reason="eta",
        source_key=f"eta:{visit.arrival.pk}",
        observed_at=at,
        at=at,
        trigger=Trigger.ETA,
    )
    visit.arrival.refresh_from_db()
    eta.note(visit, Kind.ETA, eta_low_at, eta_high_at, at=at)
    return visit.arrival


@transaction.atomic
def record_on_my_way(
    *,
    order_id: int,
    eta_low_at: datetime | None,
    eta_high_at: datetime | None,
    source_key: str,
    at: datetime,
) -> Arrival:
    """
    Take note that the customer says they are coming, and perhaps when.

    :raises OrderClosedError: if nobody is expected for the order any more.
    """
    visit = testimony.report(
        order_id=order_id,
        kind=Kind.ON_MY_WAY,
        claim=Claim.COMING,
        weight=fusion.ON_MY_WAY,
        reason="on-my-way",
        source_key=source_key,
        observed_at=at,
        at=at,
        trigger=Trigger.ETA,
    )
    if visit is not None and eta_low_at is not None and eta_high_at is not None:
        eta.note(visit, Kind.ON_MY_WAY, eta_low_at, eta_high_at, at=at)
    return testimony.get_arrival(source_key)


@transaction.atomic
def record_tap(*, order_id: int, spot_number: str | None, source_key: str, at: datetime) -> Arrival:
    """
    Take note that the customer says they are here, perhaps in which spot.

    Saying the same again changes nothing; another spot is where they are now.

    :raises UnknownSpotError: if the store has no such spot in use.
    :raises OrderClosedError: if nobody is expected for the order any more.
    """
    locked = visits.lock_orders([order_id])
    if known := testimony.find_arrival(source_key):
        return known
    order = locked[order_id]
    visit = visits.join_visit(order, locked, observed_at=at, at=at)
    spot_id = spots.get_id(order.store_id, spot_number)
    is_afar = eta.is_later(visit.arrival, at)
    testimony.say(
        visit,
        order=order,
        kind=Kind.TAP,
        weight=fusion.TAP_FROM_AFAR if is_afar else fusion.TAP,
        reason="tap-from-afar" if is_afar else "tap",
        source_key=source_key,
        spot_id=spot_id,
        at=at,
    )
    return belief.refresh(visit, trigger=Trigger.TAP, at=at)


@transaction.atomic
def record_associate_word(
    *, order_id: int, spot_number: str | None, associate_id: int, at: datetime
) -> Arrival:
    """
    Take an associate's word that the customer is here, perhaps in which spot.

    :raises UnknownSpotError: if the store has no such spot in use.
    :raises OrderClosedError: if nobody is expected for the order any more.
    """
    locked = visits.lock_orders([order_id])
    order = locked[order_id]
    visit = visits.join_visit(order, locked, observed_at=at, at=at)
    spot_id = spots.get_id(order.store_id, spot_number)
    testimony.say(
        visit,
        order=order,
        kind=Kind.ASSOCIATE,
        weight=fusion.ASSOCIATE,
        reason="associate",
        source_key=f"associate:{associate_id}:{visit.arrival.pk}:{at.isoformat()}",
        spot_id=spot_id,
        at=at,
    )
    arrival = belief.refresh(visit, trigger=Trigger.ASSOCIATE, at=at)
    _audit(order, associate_id, "arrival-said", at, arrival=arrival.pk)
    return arrival


@transaction.atomic
def answer_check(*, task_id: int, answer: str, associate_id: int, at: datetime) -> Arrival | None:
    """
    Take an associate's answer to "is this car the order's?", as often as it is given.

    Yes makes the read a match. No takes it back, and a read no better than it asks no more
    during this visit.

    :param answer: "yes" or "no".
    :raises CheckNotFoundError: if no such question was asked.
    :raises QuestionAnsweredError: if it was answered otherwise.
    """
    order = questions.get_order(task_id)
    arrival = questions.answer(task_id=task_id, answer=answer, associate_id=associate_id, at=at)
    _audit(order, associate_id, "plate-answered", at, task=task_id, answer=answer)
    return arrival


@transaction.atomic
def correct_arrival(*, order_id: int, associate_id: int, at: datetime) -> Arrival:
    """
    Take back what made the customer seem to be here: the car in the bay is not this order's.

    Plate reads go first, since they are what mistakes one car for another; without any,
    whatever made the arrival. What the other evidence says remains; a visit of which none
    remains has lapsed.

    :raises TransitionError: if the order has no arrival underway.
    """
    locked = visits.lock_orders([order_id])
    visit = visits.find_visit(locked[order_id], locked)
    if visit is None or not visit.arrival.is_underway:
        raise TransitionError("nobody is believed to be here for this order")
    declined = questions.get_mistaken(visit.arrival).update(declined_at=at)
    if not declined:
        raise TransitionError("nothing has said that the customer is here")
    arrival = belief.refresh(visit, trigger=Trigger.ASSOCIATE, at=at, is_correction=True)
    _audit(locked[order_id], associate_id, "arrival-corrected", at, arrival=arrival.pk, declined=declined)
    return arrival


def _audit(order: Order, associate_id: int, action: str, at: datetime, **data: object) -> None:
    actor = f"user:{associate_id}"
    audit.record(
        actor=actor, action=action, subject=f"order:{order.pk}", at=at, store_id=order.store_id, **data
    )
