"""Packed goods that nobody takes: back to their shelves, or thrown away."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from bopis.errors import InvalidError, TransitionError
from orders.models import Order, OrderLine, Task
from orders.models.lines import get_wave
from orders.services import claims, steps, stock

WITHIN = timedelta(hours=1)  # for what keeps; cold goods go back at once


def ask(order: Order, lines: Sequence[OrderLine], *, reason: str, key: str, at: datetime) -> Task | None:
    """
    Put a PUT_BACK task on the board for goods that left their shelves; None if there are none.

    Once per order and key. The caller holds the order's lock.
    """
    if not lines:
        return None
    is_cold = any(get_wave(line.product.zone) == OrderLine.Wave.FRESH for line in lines)
    packing = order.tasks.filter(kind__in=Task.PACKING).order_by("pk")
    task, _ = Task.objects.get_or_create(
        order=order,
        kind=Task.Kind.PUT_BACK,
        key=key,
        defaults={
            "store": order.store,
            "status": Task.Status.QUEUED,
            "queued_at": at,
            "due_at": at if is_cold else at + WITHIN,
            "details": {
                "lines": [line.pk for line in lines],
                "places": [task.place for task in packing if task.place],
                "reason": reason,
            },
        },
    )
    return task


@transaction.atomic
def finish(*, task_id: int, associate_id: int, wasted: Collection[int], at: datetime) -> Task:
    """
    Say that the goods are back on their shelves, but for the lines that are no longer good.

    A repeat by the same associate changes nothing.

    :param wasted: ids of the task's lines that were thrown away: they leave the store's stock.
    :raises NotYourTaskError: if the associate does not have the task.
    :raises InvalidError: if a wasted line is none of the task's.
    :raises TransitionError: if the task is of another kind.
    """
    orders, task = claims.lock(task_id)
    if task.kind != Task.Kind.PUT_BACK:
        raise TransitionError(f"task {task.pk} is {task.kind}: nothing is put back")
    if task.status == Task.Status.DONE and task.associate_id == associate_id:
        return task
    claims.require_yours(task, associate_id)
    if foreign := sorted(set(wasted) - set(task.details["lines"])):
        raise InvalidError("these lines are not put back here", field="waste", lines=foreign)
    (order,) = orders
    actor = steps.associate(associate_id)
    lines = OrderLine.objects.filter(pk__in=wasted)
    stock.throw_away(stock.sum_by_product(lines), steps.because_of(order, at, actor))
    task.move_to(Task.Status.DONE)
    task.done_at = at
    task.details |= {"wasted": sorted(wasted)}
    claims.save(task)
    steps.log(order, "put-back", at=at, actor=actor, task=task.pk, wasted=sorted(wasted))
    steps.save(order)
    return task
