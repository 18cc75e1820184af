"""What a customer refuses at the car, or may not have: not given, not paid for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from bopis.errors import InvalidError, TransitionError
from orders import queries
from orders.models import Order, OrderLine, Product, Return
from orders.models.products import Zone
from orders.services import closing, handover, payments, putting_back, steps, stock

Line = OrderLine.Status
Disposition = Return.Disposition


@dataclass(frozen=True)
class Rejection:
    """
    One line, or a part of one, that stays here.

    :ivar disposition: RESTOCK or WASTE; empty: cold goods are wasted, all else goes back.
    """

    line_id: int
    quantity: Decimal
    reason: str
    disposition: str = ""


@transaction.atomic
def reject(*, order_id: int, rejections: Sequence[Rejection], associate_id: int, at: datetime) -> Order:
    """
    Take packed lines out of an order before its handover: its total and what is captured are smaller.

    With nothing left to give the order ends. The door's Idempotency-Key makes a repeat harmless.

    :raises InvalidError: if a line is not packed in this order, or the quantity is not a part of it.
    :raises TransitionError: if the order is closed.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        raise TransitionError(f"order {order.number} is {order.status}: nothing can be rejected")
    actor = steps.associate(associate_id)
    before = queries.get_total(order)
    rejected = [(_reject(order, rejection), rejection) for rejection in rejections]
    _move_stock(order, rejected, at, actor)
    order.total_minor = queries.get_total(order)
    payments.refund(order, before - order.total_minor, reason="rejected", at=at, actor=actor)
    for line, rejection in rejected:
        quantity = f"{line.quantity:f}"
        steps.log(
            order, "rejected", at=at, actor=actor, line=line.pk, quantity=quantity, reason=rejection.reason
        )
    steps.save(order, "total_minor")
    _end_if_empty(order, at, actor)
    return order


def cut(line: OrderLine | None, quantity: Decimal, line_id: int) -> OrderLine:
    """
    Return the line with just this quantity, in memory; the rest of it is saved as another.

    :raises InvalidError: if there is no such line, or the quantity is not a part of it.
    """
    if line is None:
        raise InvalidError("the order has no such line to take", field="line", line=line_id)
    is_whole = line.product.unit == Product.Unit.KG or quantity % 1 == 0
    if not 0 < quantity <= line.quantity or not is_whole:
        raise InvalidError(f"above 0 and at most {line.quantity:f}", field="quantity", line=line_id)
    line.split(quantity)
    return line


def _reject(order: Order, rejection: Rejection) -> OrderLine:
    packed = order.lines.select_related("product").filter(pk=rejection.line_id, status=Line.PACKED)
    line = cut(packed.first(), rejection.quantity, rejection.line_id)
    line.move_to(Line.REJECTED)
    line.save(update_fields=["quantity", "status"])
    return line


def _move_stock(order: Order, rejected: list[tuple[OrderLine, Rejection]], at: datetime, actor: str) -> None:
    cause = steps.because_of(order, at, actor)
    stock.lock(order.store_id, [line.product_id for line, _ in rejected])
    kept = [line for line, rejection in rejected if not _is_waste(line, rejection)]
    wasted = [line for line, rejection in rejected if _is_waste(line, rejection)]
    stock.release(stock.sum_by_product(kept), cause)
    stock.waste(stock.sum_by_product(wasted), cause)
    if kept:
        putting_back.ask(order, kept, reason="rejected", key=f"rejected:{kept[0].pk}", at=at)


def _is_waste(line: OrderLine, rejection: Rejection) -> bool:
    if rejection.disposition:
        return rejection.disposition == Disposition.WASTE
    return line.product.zone != Zone.AMBIENT


def _end_if_empty(order: Order, at: datetime, actor: str) -> None:
    if order.lines.filter(status__in=[Line.RESERVED, Line.PICKED, Line.PACKED]).exists():
        return
    parts = order.handovers.filter(voided_at__isnull=True, is_part=True).order_by("-pk")
    last = parts.first()
    if last is None:
        closing.close_empty(order, at, reason="all-rejected")
    elif order.status == Order.Status.READY:
        # What was given before is all there is: that handover was the last one after all.
        last.is_part = False
        last.save(update_fields=["is_part"])
        handover.finish(order, method=last.method, reason="rest-rejected", at=at, actor=actor)
