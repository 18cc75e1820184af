"""Recalls: a product that must not be given out is taken out of every order that has it."""

from datetime import datetime

from django.db import transaction

from bopis.errors import TransitionError
from orders import queries
from orders.models import Order, OrderLine, Task
from orders.models.orders import OPEN
from orders.services import claims, closing, holding, packing, steps, stock

Line = OrderLine.Status
IN_ORDER = (Line.RESERVED, Line.PICKED, Line.PACKED)


def recall(*, sku: str, store_ids: list[int] | None, at: datetime, actor: str) -> int:
    """
    Put every open order with this product on hold and ask for its removal; return how many.

    A repeat finds the same orders, and asks for nothing twice.

    :param store_ids: among these stores; None: all.
    """
    orders = Order.objects.filter(status__in=OPEN, lines__product__sku=sku, lines__status__in=IN_ORDER)
    if store_ids is not None:
        orders = orders.filter(store_id__in=store_ids)
    order_ids = list(orders.order_by("pk").distinct().values_list("pk", flat=True))
    return sum(_recall(order_id, sku, at, actor) for order_id in order_ids)


@transaction.atomic
def remove_line(*, task_id: int, associate_id: int, at: datetime) -> Task:
    """
    Say that a recalled line is out of the order: not paid for, not promised, and thrown away if packed.

    The order goes on with its last recalled line; without any line left it is canceled. A
    repeat changes nothing.

    :raises TransitionError: if the task is about something else.
    """
    (order, *_), task = claims.lock(task_id)
    if task.details.get("about") != "recall":
        raise TransitionError(f"task {task.pk} is no recall")
    if task.status == Task.Status.DONE:
        return task
    actor = steps.associate(associate_id)
    task.move_to(Task.Status.DONE)
    task.associate_id, task.done_at = associate_id, at
    claims.save(task)
    _remove(order, OrderLine.objects.get(pk=task.details["line"]), at, actor)
    if not holding.has_recall(order):
        _go_on(order, at, actor)
    return task


@transaction.atomic
def _recall(order_id: int, sku: str, at: datetime, actor: str) -> bool:
    order = steps.lock_order(order_id)
    lines = list(order.lines.filter(product__sku=sku, status__in=IN_ORDER).order_by("pk"))
    if not order.is_open or not lines:
        return False
    for line in lines:
        _ask_for_removal(order, line, at)
    if not order.on_hold:  # another reason holds it on; its end will find the recall
        holding.hold(order, Order.OnHold.RECALL, at=at, actor=actor)
    return True


def _ask_for_removal(order: Order, line: OrderLine, at: datetime) -> None:
    Task.objects.get_or_create(
        order=order,
        kind=Task.Kind.FIX,
        key=f"recall:{line.pk}",
        defaults={
            "store": order.store,
            "status": Task.Status.QUEUED,
            "queued_at": at,
            "due_at": at,
            "details": {"about": "recall", "line": line.pk, "quantity": f"{line.quantity:f}"},
        },
    )


def _remove(order: Order, line: OrderLine, at: datetime, actor: str) -> None:
    cause = steps.because_of(order, at, actor)
    if line.status in {Line.PICKED, Line.PACKED}:
        stock.waste(stock.sum_by_product([line]), cause)
    elif line.holds_stock:
        stock.release(stock.sum_by_product([line]), cause)
    else:
        return  # handed over or given up meanwhile
    line.move_to(Line.CANCELED)
    line.save(update_fields=["status"])
    order.total_minor = queries.get_total(order)
    steps.log(order, "recalled-removed", at=at, actor=actor, line=line.pk)
    steps.save(order, "total_minor")


def _go_on(order: Order, at: datetime, actor: str) -> None:
    if order.on_hold == Order.OnHold.RECALL:
        holding.go_on(order, at=at, actor=actor)
    if not order.is_open:
        return
    if order.lines.filter(status__in=IN_ORDER).exists():
        packing.end_empty_waves(order, at)
    else:
        closing.close_empty(order, at)
