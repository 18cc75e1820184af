"""Questions to an associate: is this car the order's?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from arrivals import belief, fusion, testimony, visits
from arrivals.fusion import Claim, Kind
from arrivals.matching import Candidate, Fit, Reason
from arrivals.models import Arrival, ArrivalOrder, Evidence
from bopis.errors import NotFoundError
from orders.models import Order, Task
from orders.services import questions as order_questions

ASK_ABOUT = 3  # orders at most, for one car
TAIL = 3  # characters of a plate that staff may see
CONFIRMED = "plate-confirmed"
YES, NO = "yes", "no"


class CheckNotFoundError(NotFoundError):
    """No such question."""

    code = "check-not-found"


@dataclass(frozen=True)
class Read:
    """One plate read, on its way through memory."""

    store_id: int
    camera_id: int
    candidates: tuple[Candidate, ...] = field(repr=False)
    source_key: str
    seen_at: datetime
    is_leaving: bool


def get_question(task_id: int) -> Evidence:
    """
    Return the evidence that a question is about.

    :raises CheckNotFoundError: if there is no such question.
    """
    asked = Evidence.objects.select_related("arrival").filter(question_id=task_id).first()
    if asked is None:
        raise CheckNotFoundError("no such question")
    return asked


def get_order(task_id: int) -> Order:
    """
    Return the order that a question is about.

    :raises CheckNotFoundError: if there is no such question.
    """
    order = get_question(task_id).order
    if order is None:
        raise CheckNotFoundError("no such question")
    return order


def answer(*, task_id: int, answer: str, associate_id: int, at: datetime) -> Arrival | None:
    """Act on an answer, all orders that the car was asked about locked; see `services.answer_check`."""
    asked = get_question(task_id)
    others = _get_asked_with(asked)
    locked = visits.lock_orders(one.order_id for one in [asked, *others] if one.order_id)
    order_questions.close_question(task_id=task_id, answer=answer, associate_id=associate_id, at=at)
    asked.refresh_from_db()
    if answer == NO:
        return _decline(asked, locked, at)
    if asked.reason == Reason.AMBIGUOUS:  # it cannot be the others'; a shared plate may be for both
        for other in others:
            _answer_too(other, locked, associate_id, at)
    return _confirm(asked, locked, at)


def ask(read: Read, fits: Sequence[Fit], locked: dict[int, Order], at: datetime) -> Arrival | None:
    """Ask about a car that may be one of these customers', likeliest first; a likely one gets a visit."""
    arrivals = [_ask_about(read, fit, locked, at, is_first=fit is fits[0]) for fit in fits[:ASK_ABOUT]]
    return arrivals[0]


def _ask_about(
    read: Read, fit: Fit, locked: dict[int, Order], at: datetime, *, is_first: bool
) -> Arrival | None:
    order = choose_order(fit, locked)
    weight = weigh(fit, is_asked=True)
    # Worth preparing for: then there is a visit. A faint resemblance makes none.
    visit = (
        visits.join_visit(order, locked, observed_at=read.seen_at, at=at)
        if weight >= fusion.PREPARE_AT
        else visits.find_visit(order, locked)
    )
    evidence = Evidence.objects.create(
        arrival=visit.arrival if visit else None,
        order=order,
        kind=Kind.PLATE,
        claim=Claim.HERE,
        weight=weight,
        reason=fit.reason,
        source_key=read.source_key if is_first else f"{read.source_key}#{order.pk}",
        observed_at=read.seen_at,
        recorded_at=at,
        data=tell(read, fit) | {"read": read.source_key},
    )
    arrival = belief.refresh(visit, trigger=Task.Trigger.PLATE, at=at) if visit else None
    is_known = arrival is not None and arrival.status == Arrival.Status.ARRIVED
    if not is_known and not _has_question(order):
        _put_question(evidence, order, fit, arrival, at)
    return arrival


def _put_question(evidence: Evidence, order: Order, fit: Fit, arrival: Arrival | None, at: datetime) -> None:
    read_tail, expected_tail = fit.read[-TAIL:], fit.car.plate[-TAIL:]
    pairs = enumerate(zip(read_tail, expected_tail, strict=False))
    task = order_questions.ask_about_plate(
        order_id=order.pk,
        visit_id=arrival.pk if arrival else None,
        question={
            "read_tail": read_tail,
            "expected_tail": expected_tail,
            "differs": [place for place, (seen, true) in pairs if seen != true],
            "vehicle": order.vehicle.description if order.vehicle else "",
        },
        key=f"plate:{evidence.pk}",
        at=at,
    )
    evidence.question_id = task.pk
    evidence.save(update_fields=["question_id"])


def _confirm(asked: Evidence, locked: dict[int, Order], at: datetime) -> Arrival | None:
    source_key = f"check:{asked.question_id}"
    if testimony.find_evidence(source_key) or asked.order_id is None:
        return asked.arrival
    order = locked[asked.order_id]
    visit = visits.join_visit(order, locked, observed_at=asked.observed_at, at=at)
    asked.arrival = visit.arrival
    asked.save(update_fields=["arrival"])
    testimony.witness(
        visit,
        order=order,
        kind=Kind.ASSOCIATE,
        claim=Claim.HERE,
        weight=fusion.ASSOCIATE,
        reason=CONFIRMED,
        source_key=source_key,
        observed_at=asked.observed_at,  # the customer waits since the camera saw them
        at=at,
    )
    return belief.refresh(visit, trigger=Task.Trigger.PLATE, at=at)


def _decline(asked: Evidence, locked: dict[int, Order], at: datetime) -> Arrival | None:
    if asked.declined_at is not None or asked.order_id is None:
        return asked.arrival
    asked.declined_at = at
    asked.save(update_fields=["declined_at"])
    visit = visits.find_visit(locked[asked.order_id], locked)
    if visit is None or visit.arrival.pk != asked.arrival_id:
        return asked.arrival
    return belief.refresh(visit, trigger=Task.Trigger.PLATE, at=at, is_correction=True)


def _answer_too(other: Evidence, locked: dict[int, Order], associate_id: int, at: datetime) -> None:
    if other.declined_at is None and other.question_id is not None:
        order_questions.close_question(task_id=other.question_id, answer=NO, associate_id=associate_id, at=at)
        _decline(other, locked, at)


def _get_asked_with(asked: Evidence) -> list[Evidence]:
    """Return what the same read asked about other orders."""
    key = asked.data["read"]
    same = Evidence.objects.filter(Q(source_key=key) | Q(source_key__startswith=f"{key}#"))
    return list(same.exclude(pk=asked.pk).order_by("pk"))


def get_mistaken(arrival: Arrival) -> QuerySet[Evidence]:
    """Return what to take back if the car on the lot is not the order's: plate reads before all else."""
    here = arrival.evidence.filter(claim=Claim.HERE, declined_at=None)
    read = here.filter(Q(kind=Kind.PLATE) | Q(reason=CONFIRMED))
    return read if read.exists() else here.filter(kind=arrival.arrived_by or Kind.TAP)


def choose_order(fit: Fit, locked: dict[int, Order]) -> Order:
    """Return the likeliest of the customer's orders; one with a visit underway before any other."""
    ids = [pk for pk in fit.car.order_ids if locked[pk].is_open]
    visited = set(ArrivalOrder.objects.filter(order__in=ids, is_open=True).values_list("order_id", flat=True))
    return locked[next((pk for pk in ids if pk in visited), ids[0])]


def _has_question(order: Order) -> bool:
    return Task.objects.filter(order=order, kind=Task.Kind.FIX, status__in=["QUEUED", "IN_PROGRESS"]).exists()


def weigh(fit: Fit, *, is_asked: bool) -> float:
    """Return how much a read counts as evidence."""
    is_look_alike = fit.reason == Reason.LOOK_ALIKE
    return fusion.get_plate_weight(
        fit.probability, edits=fit.edits, is_look_alike=is_look_alike, is_asked=is_asked
    )


def tell(read: Read, fit: Fit) -> dict[str, Any]:
    """Return what may be kept of a read."""
    return {"camera": read.camera_id, "edits": fit.edits, "probability": round(fit.probability, 4)}
