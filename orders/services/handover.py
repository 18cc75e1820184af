"""Handing over: the customer verified, the goods given, the stock gone, the wait measured."""

from datetime import datetime
from secrets import compare_digest

from django.db import transaction

from bopis.errors import DomainError, ForbiddenError, InvalidError, TransitionError
from orders.models import Handover, Order, OrderLine, StaffMember, Task
from orders.services import closing, holding, messages, payments, steps, stock
from orders.services.payments import UNDO_WITHIN
from orders.signals import order_closed

MAX_WRONG_CODES = 5  # then only a manager's override: REQUIREMENTS B23


class WrongPickupCodeError(InvalidError):
    """The code is not this order's; `tries_left` says how often one may try again."""

    code = "wrong-pickup-code"


class PickupCodeLockedError(DomainError):
    """Too many wrong codes: a manager must override with a reason."""

    code = "pickup-code-locked"
    status = 423


class OverrideForbiddenError(ForbiddenError):
    """Only a manager of the store may hand over without a code."""

    code = "override-needs-manager"


class UndoTooLateError(DomainError):
    """A handover is undone within ten seconds by the same associate, or not this way."""

    code = "undo-too-late"


def hand_over(
    *,
    order_id: int,
    associate_id: int,
    at: datetime,
    code: str = "",
    override_reason: str = "",
) -> Handover:
    """
    Hand a ready order over to whoever shows its code, or on a manager's word.

    A repeat for an order that was handed over returns that handover. A wrong
    code changes nothing but the count of wrong codes.

    :raises WrongPickupCodeError: if the code is not this order's.
    :raises PickupCodeLockedError: after five wrong codes.
    :raises OverrideForbiddenError: if an override is not a manager's.
    :raises TransitionError: if the order is not READY.
    :raises OnHoldError: if it is on hold.
    :raises PaymentDueError: if it must be paid first; a promise that broke puts it on hold.
    """
    with transaction.atomic():
        order = steps.lock_order(order_id)
        if order.status == Order.Status.PICKED_UP:
            return order.handovers.get(voided_at__isnull=True)
        if order.status != Order.Status.READY:
            raise TransitionError(f"order {order.number} is {order.status}: cannot be handed over")
        holding.require_free(order)
        refusal = _refuse_override(order, associate_id) if override_reason else _check_code(order, code, at)
        if refusal is None:
            try:
                with transaction.atomic():
                    return _hand_over(order, associate_id, override_reason, at)
            except payments.PaymentDueError as error:
                refusal = error
                _hold_for_payment(order.pk, associate_id, at)
    # Raised after the commit: the count of wrong codes and the hold must stand.
    raise refusal


def _refuse_override(order: Order, associate_id: int) -> DomainError | None:
    is_manager = StaffMember.objects.filter(
        user=associate_id, store=order.store_id, role=StaffMember.Role.MANAGER
    ).exists()
    return None if is_manager else OverrideForbiddenError("only a manager hands over without a code")


def _check_code(order: Order, code: str, at: datetime) -> DomainError | None:
    if order.failed_codes >= MAX_WRONG_CODES:
        return PickupCodeLockedError("too many wrong codes: a manager must decide", tries_left=0)
    typed = "".join(code.split()).upper()
    if compare_digest(typed.encode(), order.pickup_code.encode()):
        return None
    order.failed_codes += 1
    steps.log(order, "wrong-code", at=at, tries=order.failed_codes)
    steps.save(order, "failed_codes")
    tries_left = MAX_WRONG_CODES - order.failed_codes
    return WrongPickupCodeError("this is not the order's pickup code", tries_left=tries_left)


def _hold_for_payment(order_id: int, associate_id: int, at: datetime) -> None:
    """What was to be paid here all along is asked for here; a promise that broke stops the order."""
    order = steps.lock_order(order_id)  # again: the refused step left its marks on the first one
    payment = payments.get_payment(order)
    if payment is not None and payment.status != payments.Status.PAY_AT_PICKUP:
        holding.hold(order, Order.OnHold.PAYMENT, at=at, actor=steps.associate(associate_id))


def _hand_over(order: Order, associate_id: int, reason: str, at: datetime) -> Handover:
    actor = steps.associate(associate_id)
    arrived_at = order.customer_arrived_at
    handover = Handover.objects.create(
        order=order,
        associate_id=associate_id,
        method=Handover.Method.OVERRIDE if reason else Handover.Method.CODE,
        reason=reason,
        at=at,
        arrived_at=arrived_at,
        wait=at - arrived_at if arrived_at else None,
    )
    lines = list(order.lines.filter(status=OrderLine.Status.PACKED).order_by("pk"))
    _move_lines(lines, OrderLine.Status.HANDED_OVER)
    stock.consume(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    payments.capture(order, at=at, actor=actor)
    steps.move(order, Order.Status.PICKED_UP, at=at)
    steps.log(order, "picked-up", at=at, actor=actor, method=handover.method, reason=reason)
    messages.tell(order, "PICKED_UP", at=at)
    order_closed.send(Order, order_id=order.pk, visit_id=order.visit_id, reason="PICKED_UP", at=at)
    closing.end_take_out(order.visit_id, at)
    steps.save(order)
    return handover


@transaction.atomic
def undo(*, order_id: int, associate_id: int, at: datetime) -> Order:
    """
    Take a handover back within ten seconds, by compensating steps.

    A repeat changes nothing: an order that is READY again stays so.

    :raises UndoTooLateError: later, or by somebody else.
    """
    order = steps.lock_order(order_id)
    handover = order.handovers.filter(voided_at__isnull=True).first()
    if handover is None:
        return order
    if handover.associate_id != associate_id or at - handover.at > UNDO_WITHIN:
        raise UndoTooLateError("only within ten seconds, and by the same associate")
    handover.voided_at = at
    handover.save(update_fields=["voided_at"])
    actor = steps.associate(associate_id)
    lines = list(order.lines.filter(status=OrderLine.Status.HANDED_OVER).order_by("pk"))
    _move_lines(lines, OrderLine.Status.PACKED)
    stock.put_back(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    payments.undo_capture(order, at=at, actor=actor)
    steps.move(order, Order.Status.READY, at=at)
    steps.log(order, "handover-undone", at=at, actor=actor)
    order_closed.send(Order, order_id=order.pk, visit_id=order.visit_id, reason="REOPENED", at=at)
    _bring_take_out_back(order.visit_id)
    steps.save(order)
    return order


def _move_lines(lines: list[OrderLine], status: OrderLine.Status) -> None:
    for line in lines:
        line.move_to(status)
        line.save(update_fields=["status"])


def _bring_take_out_back(visit_id: int | None) -> None:
    for task in Task.objects.filter(visit_id=visit_id, kind=Task.Kind.TAKE_OUT, status=Task.Status.DONE):
        task.move_to(Task.Status.QUEUED)
        task.done_at, task.associate, task.started_at = None, None, None
        task.revision += 1
        task.save()
