"""Ends without a handover: canceled by the customer or the integrator, or empty."""

from datetime import datetime

from django.db import transaction

from orders.models import Order, OrderLine, Task
from orders.models.tasks import UNFINISHED
from orders.services import messages, payments, slots, steps, stock
from orders.signals import order_closed


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


def close_empty(order: Order, at: datetime) -> None:
    """Cancel an order of which every line was short; the caller holds its lock."""
    _close(order, Order.Status.CANCELED, "nothing-found", at, steps.SYSTEM)
    messages.tell(order, "CANCELED", at=at)


def _close(order: Order, status: Order.Status, reason: str, at: datetime, actor: str) -> None:
    steps.move(order, status, at=at)
    load = slots.measure_order(order)
    lines = [line for line in order.lines.order_by("pk") if line.holds_stock]
    for line in lines:
        line.move_to(OrderLine.Status.CANCELED)
        line.save(update_fields=["status"])
    stock.release(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    payments.let_go(order, at=at)
    slots.give_back(order.store_id, order.window_start, load)
    order.tasks.filter(status__in=UNFINISHED).update(status=Task.Status.CANCELED)
    steps.log(order, status.lower(), at=at, actor=actor, reason=reason)
    order_closed.send(Order, order_id=order.pk, visit_id=order.visit_id, reason=status.value, at=at)
    end_take_out(order.visit_id, at)
    steps.save(order)


def end_take_out(visit_id: int | None, at: datetime) -> None:
    """End a visit's take-out once none of its orders is open: done, or canceled unused."""
    if visit_id is None or Order.objects.filter(
        visit_id=visit_id, status__in=["PLACED", "PREPARING", "READY"]
    ):
        return
    for task in Task.objects.filter(visit_id=visit_id, kind=Task.Kind.TAKE_OUT, status__in=UNFINISHED):
        was_used = Order.objects.filter(visit_id=visit_id, status=Order.Status.PICKED_UP).exists()
        task.move_to(Task.Status.DONE if was_used else Task.Status.CANCELED)
        task.done_at = at
        task.revision += 1
        task.save()
