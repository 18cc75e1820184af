"""What may still change about an open order: its time."""

from datetime import datetime

from django.db import transaction

from bopis.errors import TransitionError
from orders.models import Order, Task
from orders.services import keeping, preorders, slots, steps
from orders.services.placing import WindowPassedError


@transaction.atomic
def change_window(
    *, order_id: int, window_start: datetime, window_end: datetime, at: datetime, actor: str
) -> Order:
    """
    Move an open order to another pickup window; its old slot is free again.

    The same window again changes nothing.

    :raises TransitionError: if the order is closed.
    :raises WindowPassedError: if the window is over, or ends before it begins.
    :raises NotReleasedError: if something in the order comes out only after it.
    :raises NotASlotError: if the store has slots and this is none of them.
    :raises SlotFullError: if the slot cannot bear the order; the old one is kept.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        raise TransitionError(f"order {order.number} is {order.status}: its time cannot change")
    if (order.window_start, order.window_end) == (window_start, window_end):
        return order
    if not window_start < window_end or window_end <= at:
        raise WindowPassedError("the pickup window must end after it starts, and in the future")
    preorders.check_end(preorders.get_release_of(order), window_end)
    load = slots.measure_order(order)
    slots.lock([(order.store_id, order.window_start), (order.store_id, window_start)])
    slots.take(order.store, (window_start, window_end), load, at=at)
    slots.give_back(order.store_id, order.window_start, load)
    _move_tasks(order, window_start)
    steps.log(order, "time-changed", at=at, actor=actor, window_start=window_start.isoformat())
    order.window_start, order.window_end = window_start, window_end
    keeping.plan(order, at=at)
    steps.save(order, "window_start", "window_end", "keep_until", "ladder_at")
    return order


def _move_tasks(order: Order, window_start: datetime) -> None:
    """Waiting work moves with the window; what has begun goes on."""
    shift = window_start - order.window_start
    for task in order.tasks.filter(kind__in=Task.PACKING, status=Task.Status.WAITING):
        if task.trigger in {Task.Trigger.TIME, Task.Trigger.RULE}:
            task.release_at = task.release_at and task.release_at + shift
            task.due_at = task.due_at and task.due_at + shift
            task.revision += 1
            task.save()
