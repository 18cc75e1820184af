"""What customers bring back: a record a line, the stock, and the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from bopis import audit
from bopis.errors import DomainError, InvalidError, TransitionError
from orders.models import Order, OrderLine, Return
from orders.models.products import Zone
from orders.prices import get_price
from orders.services import payments, putting_back, steps, stock
from orders.services.rejects import cut

Line = OrderLine.Status
Condition, Disposition = Return.Condition, Return.Disposition


class ReturnTooLateError(DomainError):
    """The time in which the store takes things back is over."""

    code = "return-too-late"


@dataclass(frozen=True)
class ReturnedLine:
    """
    One line, or a part of one, that a customer brings back.

    :ivar disposition: RESTOCK or WASTE; empty: only what is unopened and keeps goes back to its shelf.
    """

    line_id: int
    quantity: Decimal
    reason: str
    condition: str
    disposition: str = ""


@transaction.atomic
def take_back(
    *,
    order_id: int,
    lines: Sequence[ReturnedLine],
    at: datetime,
    actor: str,
    exchange_number: str = "",
) -> list[Return]:
    """
    Take lines of a picked-up order back and refund them.

    The door's Idempotency-Key makes a repeat harmless.

    :param exchange_number: of the customer's other order that replaces this one's lines.
    :raises TransitionError: if the order was not picked up.
    :raises ReturnTooLateError: if the store takes it back no longer.
    :raises InvalidError: if a line was not handed over, the quantity is not a part of it, what is
        damaged should go back to its shelf, or the exchange is no order of this customer.
    """
    order = steps.lock_order(order_id)
    if order.status != Order.Status.PICKED_UP:
        raise TransitionError(f"order {order.number} is {order.status}: nothing can be returned")
    other = _find_exchange(order, exchange_number)
    made = [_take_back(order, line, other, at, actor) for line in lines]
    _restock(order, made, at, actor)
    refund_minor = sum(row.refund_minor for row in made)
    payments.refund(order, refund_minor, reason="returned", at=at, actor=actor)
    ids = [row.pk for row in made]
    steps.log(order, "returned", at=at, actor=actor, returns=ids, refund_minor=refund_minor)
    steps.save(order)
    audit.record(
        actor=actor,
        action="returned",
        subject=f"order:{order.pk}",
        at=at,
        store_id=order.store_id,
        returns=ids,
    )
    return made


def _find_exchange(order: Order, number: str) -> Order | None:
    if not number:
        return None
    others = Order.objects.filter(store=order.store_id, number=number, customer=order.customer_id)
    other = others.exclude(pk=order.pk).first()
    if other is None:
        raise InvalidError("this customer has no such order here", field="exchange_number")
    return other


def _take_back(order: Order, facts: ReturnedLine, other: Order | None, at: datetime, actor: str) -> Return:
    given = order.lines.select_related("product", "handover").filter(
        pk=facts.line_id, status=Line.HANDED_OVER
    )
    line = given.first()
    since = line.handover.at if line and line.handover else order.status_changed_at
    if at > since + order.store.returns_within:
        raise ReturnTooLateError("the time for returns is over", line=facts.line_id)
    # The line's price less its rest's: parts add up to the whole, whatever is rounded.
    whole = line.quantity if line else Decimal(0)
    line = cut(line, facts.quantity, facts.line_id)
    refund_minor = get_price(line.price_minor, whole) - get_price(line.price_minor, whole - line.quantity)
    line.move_to(Line.RETURNED)
    line.save(update_fields=["quantity", "status"])
    return Return.objects.create(
        order=order,
        line=line,
        reason=facts.reason,
        condition=facts.condition,
        disposition=_decide(line, facts),
        refund_minor=refund_minor,
        exchanged_for=other,
        at=at,
        actor=actor,
    )


def _decide(line: OrderLine, facts: ReturnedLine) -> str:
    is_good = facts.condition == Condition.UNOPENED and line.product.zone == Zone.AMBIENT
    chosen = facts.disposition or (Disposition.RESTOCK if is_good else Disposition.WASTE)
    if chosen == Disposition.RESTOCK and facts.condition in {Condition.DAMAGED, Condition.SPOILED}:
        raise InvalidError("what is no longer good does not go back to its shelf", field="disposition")
    return chosen


def _restock(order: Order, made: list[Return], at: datetime, actor: str) -> None:
    good = [row.line for row in made if row.disposition == Disposition.RESTOCK]
    stock.restock(stock.sum_by_product(good), steps.because_of(order, at, actor))
    if good:
        putting_back.ask(order, good, reason="returned", key=f"return:{made[0].pk}", at=at)
