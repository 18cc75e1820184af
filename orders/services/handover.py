"""Handing over: the customer verified, the goods given, the stock gone, the wait measured."""

from collections.abc import Collection, Sequence
from datetime import datetime
from secrets import compare_digest

from django.db import transaction

from bopis.errors import DomainError, ForbiddenError, InvalidError, TransitionError
from orders.models import Handover, Order, OrderLine, StaffMember
from orders.services import checks as required
from orders.services import closing, holding, messages, payments, steps, stock
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


class LinesNotPackedError(DomainError):
    """Only what is packed can be given; `lines` are not."""

    code = "lines-not-packed"


def hand_over(
    *,
    order_id: int,
    associate_id: int,
    at: datetime,
    code: str = "",
    override_reason: str = "",
    lines: Collection[int] = (),
    checks: Collection[str] = (),
) -> Handover:
    """
    Hand a ready order over to whoever shows its code, or on a manager's word.

    The code of another order that the same customer collects on this visit is as
    good. A repeat for what was handed over returns that handover. A wrong code
    changes nothing but the count of wrong codes.

    :param lines: ids of the packed lines that are given now, the rest at another visit; empty: all.
    :param checks: names of the checks that the associate has made; see `needs`.

    :raises WrongPickupCodeError: if the code is not this order's.
    :raises PickupCodeLockedError: after five wrong codes.
    :raises OverrideForbiddenError: if an override is not a manager's.
    :raises TransitionError: if the order is not READY; for a part, if nobody has begun it.
    :raises LinesNotPackedError: if one of the lines is not packed.
    :raises OnHoldError: if it is on hold.
    :raises CheckMissingError: naming the checks that the goods ask for and nobody confirmed.
    :raises NeedsPharmacistError: for a prescription that no pharmacist has released.
    :raises PaymentDueError: if it must be paid first; a promise that broke puts it on hold.
    """
    with transaction.atomic():
        order = steps.lock_order(order_id)
        if done := _find_done(order, lines):
            return done
        given, is_part = _choose(order, lines)
        holding.require_free(order)
        refusal = _refuse_override(order, associate_id) if override_reason else _check_code(order, code, at)
        if refusal is None:
            needs = required.require(order, given, confirmed=checks, associate_id=associate_id)
            try:
                with transaction.atomic():
                    return _hand_over(
                        order,
                        given,
                        is_part=is_part,
                        needs=needs,
                        associate_id=associate_id,
                        reason=override_reason,
                        at=at,
                    )
            except payments.PaymentDueError as error:
                refusal = error
                _hold_for_payment(order.pk, associate_id, at)
    # Raised after the commit: the count of wrong codes and the hold must stand.
    raise refusal


def _find_done(order: Order, lines: Collection[int]) -> Handover | None:
    """What a repeat is answered with: the handover that has ended the order, or gave these lines."""
    handovers = order.handovers.filter(voided_at__isnull=True)
    if order.status == Order.Status.PICKED_UP:
        return handovers.get(is_part=False)
    if not lines:
        return None
    given = order.lines.filter(pk__in=lines, status=OrderLine.Status.HANDED_OVER)
    return handovers.filter(lines__in=given).first() if given.count() == len(set(lines)) else None


def _choose(order: Order, wanted: Collection[int]) -> tuple[list[OrderLine], bool]:
    """Return the lines to give, and whether others are left for another visit."""
    live = [line for line in order.lines.order_by("pk") if line.holds_stock]
    given = [line for line in live if line.status == OrderLine.Status.PACKED]
    if wanted:
        given = [line for line in given if line.pk in wanted]
        if unpacked := sorted(set(wanted) - {line.pk for line in given}):
            raise LinesNotPackedError("these lines are not packed", lines=unpacked)
    is_part = bool(wanted) and len(given) < len(live)
    allowed = {Order.Status.PREPARING, Order.Status.READY} if is_part else {Order.Status.READY}
    if order.status not in allowed:
        raise TransitionError(f"order {order.number} is {order.status}: cannot be handed over")
    return given, is_part


def _refuse_override(order: Order, associate_id: int) -> DomainError | None:
    is_manager = StaffMember.objects.filter(
        user=associate_id, store=order.store_id, role=StaffMember.Role.MANAGER
    ).exists()
    return None if is_manager else OverrideForbiddenError("only a manager hands over without a code")


def _check_code(order: Order, code: str, at: datetime) -> DomainError | None:
    if order.failed_codes >= MAX_WRONG_CODES:
        return PickupCodeLockedError("too many wrong codes: a manager must decide", tries_left=0)
    typed = "".join(code.split()).upper()
    matches = [compare_digest(typed.encode(), code.encode()) for code in _get_codes(order)]
    if any(matches):  # all were compared, whichever fits
        return None
    order.failed_codes += 1
    steps.log(order, "wrong-code", at=at, tries=order.failed_codes)
    steps.save(order, "failed_codes")
    tries_left = MAX_WRONG_CODES - order.failed_codes
    return WrongPickupCodeError("this is not the order's pickup code", tries_left=tries_left)


def _get_codes(order: Order) -> list[str]:
    """The order's code, and those of what the same customer collects on the same visit."""
    if order.visit_id is None:
        return [order.pickup_code]
    same = Order.objects.filter(visit_id=order.visit_id, customer=order.customer_id).exclude(pk=order.pk)
    return [order.pickup_code, *same.values_list("pickup_code", flat=True)]


def _hold_for_payment(order_id: int, associate_id: int, at: datetime) -> None:
    """What was to be paid here all along is asked for here; a promise that broke stops the order."""
    order = steps.lock_order(order_id)  # again: the refused step left its marks on the first one
    payment = payments.get_payment(order)
    if payment is not None and payment.status != payments.Status.PAY_AT_PICKUP:
        holding.hold(order, Order.OnHold.PAYMENT, at=at, actor=steps.associate(associate_id))


def _hand_over(
    order: Order,
    lines: list[OrderLine],
    *,
    is_part: bool,
    needs: Sequence[str],
    associate_id: int,
    reason: str,
    at: datetime,
) -> Handover:
    actor = steps.associate(associate_id)
    arrived_at = order.customer_arrived_at
    handover = Handover.objects.create(
        order=order,
        associate_id=associate_id,
        method=Handover.Method.OVERRIDE if reason else Handover.Method.CODE,
        reason=reason,
        is_part=is_part,
        at=at,
        visit_id=order.visit_id,
        spot=order.spot,
        arrived_at=arrived_at,
        wait=at - arrived_at if arrived_at else None,
    )
    _move_lines(lines, OrderLine.Status.HANDED_OVER, handover)
    stock.consume(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    if is_part:
        payments.require_payable(order, at=at)
        steps.log(order, "part-handed-over", at=at, actor=actor, lines=[line.pk for line in lines])
        closing.end_visit(order, "PART", at)
        steps.save(order)
    else:
        finish(order, method=handover.method, reason=reason, at=at, actor=actor)
    required.record(order, needs, actor=actor, at=at)
    return handover


def finish(order: Order, *, method: str, reason: str, at: datetime, actor: str) -> None:
    """End an order of which everything was given; the caller holds its lock."""
    payments.capture(order, at=at, actor=actor)
    steps.move(order, Order.Status.PICKED_UP, at=at)
    steps.log(order, "picked-up", at=at, actor=actor, method=method, reason=reason)
    messages.tell(order, "PICKED_UP", at=at)
    order_closed.send(Order, order_id=order.pk, visit_id=order.visit_id, reason="PICKED_UP", at=at)
    closing.end_take_out(order.visit_id, at)
    steps.save(order)


def _move_lines(lines: list[OrderLine], status: OrderLine.Status, handover: Handover) -> None:
    for line in lines:
        line.move_to(status)
        line.handover = handover
        line.save(update_fields=["status", "handover"])
