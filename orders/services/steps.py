"""What every step shares: the order's lock, its event row, its card after the commit."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from bopis.errors import NotFoundError
from orders import board
from orders.models import Order, OrderEvent, Task
from orders.services.stock import Cause

SYSTEM = "system"


class OrderNotFoundError(NotFoundError):
    """No such order."""

    code = "order-not-found"


class TaskNotFoundError(NotFoundError):
    """No such task."""

    code = "task-not-found"


def associate(associate_id: int) -> str:
    """Return how an associate is named in events and the audit log."""
    return f"associate:{associate_id}"


def because_of(order: Order, at: datetime, actor: str) -> Cause:
    """Return what the ledger says of stock that moves for an order."""
    return Cause(order.store_id, at, actor, order=order)


def lock_order(order_id: int) -> Order:
    """
    Return the order under its row lock, which every step takes first.

    :raises OrderNotFoundError: if there is none.
    """
    try:
        return Order.objects.select_for_update(of=("self",)).select_related("store").get(pk=order_id)
    except Order.DoesNotExist:
        raise OrderNotFoundError(f"no order {order_id}") from None


def lock_orders_of(task: Task) -> list[Order]:
    """Return the orders that a task is about, locked in the order of their ids."""
    chosen = (
        Order.objects.filter(pk=task.order_id)
        if task.order_id
        else Order.objects.filter(visit_id=task.visit_id)
    )
    return list(chosen.select_for_update(of=("self",)).select_related("store").order_by("pk"))


def get_task(task_id: int) -> Task:
    """
    Return a task as it is now, unlocked: its order's lock guards it.

    :raises TaskNotFoundError: if there is none.
    """
    try:
        return Task.objects.get(pk=task_id)
    except Task.DoesNotExist:
        raise TaskNotFoundError(f"no task {task_id}") from None


def log(order: Order, kind: str, *, at: datetime, actor: str = SYSTEM, **data: object) -> None:
    """Write the event row of a step; `data` never holds personal values."""
    OrderEvent.objects.create(order=order, kind=kind, occurred_at=at, actor=actor, data=data)


def save(order: Order, *fields: str) -> None:
    """
    Save the named fields, raise the card's revision, and show the card after the commit.
    """
    order.revision += 1
    order.save(update_fields=[*fields, "revision"])
    _show(order.pk)


class _Push:
    """Shows one order's card; a class, so that a second one of the same transaction knows the first."""

    def __init__(self, order_id: int) -> None:
        self.order_id = order_id
        self.__qualname__ = "push_order"  # Django's robust path logs it

    def __call__(self) -> None:
        board.push_order(self.order_id)


def _show(order_id: int) -> None:
    # Once a transaction: the push reads what was committed, and costs more than the step itself.
    planned = [hook[1] for hook in connection.run_on_commit]
    if any(isinstance(push, _Push) and push.order_id == order_id for push in planned):
        return
    # robust: a board that cannot be reached must not fail a step already committed.
    transaction.on_commit(_Push(order_id), robust=True)


def save_all(orders: Iterable[Order], *fields: str) -> None:
    """Save and show several orders of one visit."""
    for order in orders:
        save(order, *fields)


def move(order: Order, status: Order.Status, *, at: datetime) -> None:
    """Move the order in memory and write it down; `save` follows."""
    order.move_to(status, at=at)
    order.save(update_fields=["status", "status_changed_at"])
