"""Ends without a handover: canceled, empty, or nobody came."""

from datetime import datetime

from django.db import transaction

from bopis.errors import DomainError
from orders.models import Order, OrderLine, Task
from orders.models.tasks import UNFINISHED
from orders.prices import get_price
from orders.services import messages, payments, putting_back, slots, steps, stock
from orders.signals import order_closed


class TooLateError(DomainError):
    """Packing has begun: the store must be called."""

    code = "too-late"


def require_untouched(order: Order) -> None:
    """
    Let a customer change only what nobody has begun to pack.

    :raises TooLateError: if somebody has, or the order is closed.
    """
    if order.status != Order.Status.PLACED:
        raise TooLateError(f"order {order.number} is {order.status}: please call the store")


@transaction.atomic
def cancel_by_customer(*, order_id: int, at: datetime) -> Order:
    """
    Cancel an order that nobody has begun to pack. A repeat changes nothing.

    :raises TooLateError: if packing has begun, or the order has ended otherwise.
    """
    order = steps.lock_order(order_id)
    if order.status != Order.Status.CANCELED:
        require_untouched(order)
        _close(order, Order.Status.CANCELED, "customer", at, "customer")
        messages.tell(order, "CANCELED", at=at)
    return order


@transaction.atomic
def cancel(*, order_id: int, reason: str, at: datetime, actor: str) -> Order:
    """
    Cancel an open order: its reservation is released once, its tasks end.

    A repeat changes nothing.

    :raises TransitionError: if the order was picked up or has expired.
    """
    order = steps.lock_order(order_id)
    if order.status != Order.Status.CANCELED:
        _close(order, Order.Status.CANCELED, reason, at, actor)
        messages.tell(order, "CANCELED", at=at)
    return order


def close_empty(order: Order, at: datetime, *, reason: str = "nothing-found") -> None:
    """Cancel an order of which nothing is left to give; the caller holds its lock."""
    _close(order, Order.Status.CANCELED, reason, at, steps.SYSTEM)
    messages.tell(order, "CANCELED", at=at)


def expire(order: Order, *, at: datetime) -> None:
    """End an order that nobody came for; the caller holds its lock."""
    _close(order, Order.Status.EXPIRED, "no-show", at, steps.SYSTEM)
    messages.tell(order, "EXPIRED", at=at)


def _close(order: Order, status: Order.Status, reason: str, at: datetime, actor: str) -> None:
    steps.move(order, status, at=at)
    # The slot before the stock, as placing takes them: two steps would else wait in a circle.
    slots.give_back(order.store_id, order.window_start, slots.measure_order(order))
    lines = [line for line in order.lines.select_related("product").order_by("pk") if line.holds_stock]
    off_shelf = [line for line in lines if line.status != OrderLine.Status.RESERVED]
    putting_back.ask(order, off_shelf, reason=reason, key="closed", at=at)
    for line in lines:
        line.move_to(OrderLine.Status.CANCELED)
        line.save(update_fields=["status"])
    stock.release(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    payments.settle_end(order, given_minor=_get_given(order), at=at, actor=actor)
    ended = order.tasks.filter(status__in=UNFINISHED).exclude(kind=Task.Kind.PUT_BACK)
    ended.update(status=Task.Status.CANCELED, done_at=at)
    order.on_hold, order.on_hold_at, order.ladder_at = "", None, None
    steps.log(order, status.lower(), at=at, actor=actor, reason=reason)
    order_closed.send(Order, order_id=order.pk, visit_id=order.visit_id, reason=status.value, at=at)
    end_take_out(order.visit_id, at)
    steps.save(order, "on_hold", "on_hold_at", "ladder_at")


def _get_given(order: Order) -> int:
    """What an earlier part handover gave, in minor units."""
    given = order.lines.filter(status=OrderLine.Status.HANDED_OVER)
    return sum(get_price(line.price_minor, line.quantity) for line in given)


def end_visit(order: Order, reason: str, at: datetime) -> None:
    """
    End the order's part in its visit while the order lives on; the caller holds its lock.

    :param reason: what the apps above are told: "MOVED" or "PART".
    """
    visit_id = order.visit_id
    if visit_id is None:
        return
    order_closed.send(Order, order_id=order.pk, visit_id=visit_id, reason=reason, at=at)
    order.visit_id = order.customer_on_way_at = order.eta_low_at = order.eta_high_at = None
    order.customer_arrived_at = order.spot = None
    order.signals = []
    order.save(
        update_fields=[
            *("visit_id", "customer_on_way_at", "eta_low_at", "eta_high_at"),
            *("customer_arrived_at", "spot", "signals"),
        ]
    )
    end_take_out(visit_id, at, was_used=reason == "PART")


def end_take_out(visit_id: int | None, at: datetime, *, was_used: bool = False) -> None:
    """End a visit's take-out once none of its orders is open: done, or canceled unused."""
    if visit_id is None or Order.objects.filter(
        visit_id=visit_id, status__in=["PLACED", "PREPARING", "READY"]
    ):
        return
    for task in Task.objects.filter(visit_id=visit_id, kind=Task.Kind.TAKE_OUT, status__in=UNFINISHED):
        was_used = was_used or Order.objects.filter(visit_id=visit_id, status=Order.Status.PICKED_UP).exists()
        task.move_to(Task.Status.DONE if was_used else Task.Status.CANCELED)
        task.done_at = at
        task.revision += 1
        task.save()
