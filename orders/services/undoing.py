"""Taking a handover back: by compensating steps, never by deleting one."""

from datetime import datetime

from django.db import transaction

from bopis import audit
from bopis.errors import DomainError, InvalidError
from orders.models import Handover, Order, OrderLine, StaffMember, Task
from orders.services import keeping, payments, steps, stock
from orders.services.handover import OverrideForbiddenError
from orders.services.payments import UNDO_WITHIN
from orders.signals import order_closed

Line = OrderLine.Status


class UndoTooLateError(DomainError):
    """A handover is undone within ten seconds by the same associate, or by a manager with a reason."""

    code = "undo-too-late"


class ReturnedError(DomainError):
    """Part of it was brought back already: what is wrong is now a matter of returns."""

    code = "already-returned"


@transaction.atomic
def undo(*, order_id: int, associate_id: int, at: datetime) -> Order:
    """
    Take the last handover back within ten seconds.

    A repeat changes nothing: an order that is READY again stays so.

    :raises UndoTooLateError: later, or by somebody else.
    :raises ReturnedError: if part of it was brought back.
    """
    order = steps.lock_order(order_id)
    handover = _get_last(order)
    if handover is None:
        return order
    if handover.associate_id != associate_id or at - handover.at > UNDO_WITHIN:
        raise UndoTooLateError("only within ten seconds, and by the same associate")
    _take_back(order, handover, at, steps.associate(associate_id), "handover-undone")
    return order


@transaction.atomic
def void(*, order_id: int, associate_id: int, reason: str, at: datetime) -> Order:
    """
    Declare the last handover a mistake: the goods went to somebody else. The order waits again.

    What was captured is refunded; both sides are told by people. A repeat changes nothing.

    :raises OverrideForbiddenError: if it is not a manager's word.
    :raises InvalidError: without a reason.
    :raises ReturnedError: if part of it was brought back.
    """
    order = steps.lock_order(order_id)
    managers = StaffMember.objects.filter(store=order.store_id, role=StaffMember.Role.MANAGER)
    if not managers.filter(user=associate_id).exists():
        raise OverrideForbiddenError("only a manager declares a handover void")
    if not reason.strip():
        raise InvalidError("say what happened", field="reason")
    handover = _get_last(order)
    if handover is None:
        return order
    actor = steps.associate(associate_id)
    if order.store.keep_for is not None:  # its old end may be over
        order.keep_until = max(order.keep_until or at, at + order.store.keep_for)
        keeping.plan_next(order, at=at)
        order.save(update_fields=["keep_until", "ladder_at"])
    _take_back(order, handover, at, actor, "handover-voided")
    audit.record(
        actor=actor,
        action="handover-voided",
        subject=f"order:{order.pk}",
        at=at,
        store_id=order.store_id,
        handover=handover.pk,
    )
    return order


def _get_last(order: Order) -> Handover | None:
    return order.handovers.filter(voided_at__isnull=True).order_by("-pk").first()


def _take_back(order: Order, handover: Handover, at: datetime, actor: str, what: str) -> None:
    lines = list(handover.lines.order_by("pk"))
    if any(line.status == Line.RETURNED for line in lines):
        raise ReturnedError("part of it was brought back already")
    handover.voided_at = at
    handover.save(update_fields=["voided_at"])
    for line in lines:
        line.move_to(Line.PACKED)
        line.handover = None
        line.save(update_fields=["status", "handover"])
    stock.put_back(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    if handover.is_part:
        order.visit_id, order.customer_arrived_at = handover.visit_id, handover.arrived_at
        order.spot = handover.spot
    else:
        payments.undo_capture(order, at=at, actor=actor)
        steps.move(order, Order.Status.READY, at=at)
    steps.log(order, what, at=at, actor=actor, handover=handover.pk)
    steps.save(order, "visit_id", "customer_arrived_at", "spot")
    order_closed.send(Order, order_id=order.pk, visit_id=order.visit_id, reason="REOPENED", at=at)
    _bring_take_out_back(order.visit_id)


def _bring_take_out_back(visit_id: int | None) -> None:
    for task in Task.objects.filter(visit_id=visit_id, kind=Task.Kind.TAKE_OUT, status=Task.Status.DONE):
        task.move_to(Task.Status.QUEUED)
        task.done_at, task.associate, task.started_at = None, None, None
        task.revision += 1
        task.save()
