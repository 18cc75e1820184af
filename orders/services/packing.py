"""Packing: who has the task, what is picked and packed, and when the order is ready."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from bopis.errors import DomainError, InvalidError, NotFoundError, TransitionError
from orders import queries
from orders.models import Order, OrderLine, Task
from orders.models.tasks import UNFINISHED
from orders.services import claims, closing, exceptions, holding, messages, preorders, steps, stock

Line = OrderLine.Status


class LineNotFoundError(NotFoundError):
    """The task has no such line."""

    code = "line-not-found"


class LinesOpenError(DomainError):
    """Some lines of the wave are neither packed nor short."""

    code = "lines-open"


class NotReadyError(DomainError):
    """No order of this visit is ready to be taken out."""

    code = "not-ready"


@transaction.atomic
def start(*, task_id: int, associate_id: int, at: datetime) -> Task:
    """
    Give the task to an associate; a packing task tells the customer it has begun.

    A repeat by the same associate changes and sends nothing.

    :raises TaskTakenError: if another associate has it; `associate` names them.
    :raises TransitionError: if the task is finished, canceled or still waiting.
    :raises NotReadyError: if it is a take-out and nothing is ready yet.
    :raises OnHoldError: if its order is on hold.
    :raises NotReleasedError: if something in the order is not out yet.
    """
    orders, task = claims.lock(task_id)
    if task.status == Task.Status.IN_PROGRESS:
        if task.associate_id == associate_id:
            return task
        raise claims.TaskTakenError("the task is taken", associate=claims.get_holder(task))
    task.move_to(Task.Status.IN_PROGRESS)
    _check_start(task, orders, at)
    task.associate_id, task.started_at = associate_id, at
    claims.save(task)
    for order in orders:
        if task.kind in Task.PACKING:
            _begin_packing(order, at)
        steps.log(order, "started", at=at, actor=steps.associate(associate_id), task=task.kind)
    steps.save_all(orders)
    return task


def _check_start(task: Task, orders: list[Order], at: datetime) -> None:
    if task.kind in Task.PACKING:
        holding.require_free(orders[0])
        preorders.require_released(orders[0], at=at)
    elif task.kind == Task.Kind.TAKE_OUT:
        ready = [order for order in orders if order.status == Order.Status.READY]
        if not ready:
            raise NotReadyError("nothing of this visit is ready to be taken out")
        if all(order.on_hold for order in ready):
            holding.require_free(ready[0])


def _begin_packing(order: Order, at: datetime) -> None:
    if order.status == Order.Status.PLACED:
        steps.move(order, Order.Status.PREPARING, at=at)
    messages.tell(order, "PACKING_STARTED", at=at)


@transaction.atomic
def release(*, task_id: int, associate_id: int, at: datetime) -> Task:
    """
    Put a task that was started back into the queue; what is packed stays packed.

    :raises NotYourTaskError: if somebody else has it, or nobody.
    """
    orders, task = claims.lock(task_id)
    claims.require_yours(task, associate_id)
    task.move_to(Task.Status.QUEUED)
    task.associate_id, task.started_at = None, None
    claims.save(task)
    for order in orders:
        steps.log(
            order,
            "released",
            at=at,
            actor=steps.associate(associate_id),
            task=task.kind,
        )
    steps.save_all(orders)
    return task


@transaction.atomic
def pick(*, task_id: int, line_id: int, quantity: Decimal, associate_id: int, at: datetime) -> OrderLine:
    """
    Take a quantity of a line off the shelf; less than ordered splits the line.

    A line that is already picked stays as it is.

    :raises InvalidError: if the quantity is not above zero, or above what is ordered.
    :raises LineNotFoundError: if the task has no such line.
    :raises NotYourTaskError: if the associate does not have the task.
    """
    order, task = _lock_packing(task_id, associate_id)
    line = _get_line(task, line_id)
    if line.status == Line.PICKED:
        return line
    if not 0 < quantity <= line.quantity:
        raise InvalidError(f"pick more than 0 and at most {line.quantity:f}", field="quantity")
    line.split(quantity)  # before it moves: the rest is still on the shelf
    line.move_to(Line.PICKED)
    line.save()
    exceptions.close_proposal(line, at=at)
    steps.log(order, "picked", at=at, actor=steps.associate(associate_id), line=line.pk)
    steps.save(order)
    return line


@transaction.atomic
def pack(*, task_id: int, line_id: int, associate_id: int, at: datetime) -> OrderLine:
    """
    Put a line into a bag. A repeat changes nothing.

    :raises LineNotFoundError: if the task has no such line.
    :raises NotYourTaskError: if the associate does not have the task.
    """
    order, task = _lock_packing(task_id, associate_id)
    line = _get_line(task, line_id)
    if line.status == Line.PACKED:
        return line
    line.move_to(Line.PACKED)
    line.save(update_fields=["status"])
    steps.log(order, "packed", at=at, actor=steps.associate(associate_id), line=line.pk)
    steps.save(order)
    return line


@transaction.atomic
def mark_short(*, task_id: int, line_id: int, associate_id: int, at: datetime) -> OrderLine:
    """
    Say that a line was not found: its reservation is released and its price taken off.

    A repeat changes nothing.

    :raises LineNotFoundError: if the task has no such line.
    :raises NotYourTaskError: if the associate does not have the task.
    """
    order, task = _lock_packing(task_id, associate_id)
    line = _get_line(task, line_id)
    if line.status == Line.SHORT:
        return line
    actor = steps.associate(associate_id)
    line.move_to(Line.SHORT)
    line.save(update_fields=["status"])
    stock.release(stock.sum_by_product([line]), steps.because_of(order, at, actor))
    exceptions.close_proposal(line, at=at)
    order.total_minor = queries.get_total(order)
    steps.log(order, "short", at=at, actor=actor, line=line.pk, quantity=str(line.quantity))
    steps.save(order, "total_minor")
    return line


@transaction.atomic
def finish(
    *,
    task_id: int,
    associate_id: int,
    place: str,
    bags: int,
    all_packed: bool,
    at: datetime,
) -> Task:
    """
    Stage a wave: its goods stand in `place`, and the order is ready if it was the last.

    `all_packed` is the associate's word that every line still open is in a bag.
    A repeat by the same associate changes nothing.

    :raises LinesOpenError: if lines are open and `all_packed` is not said.
    :raises NotYourTaskError: if the associate does not have the task.
    :raises InvalidError: if no place is named.
    :raises TransitionError: if the task packs nothing.
    """
    if not place:
        raise InvalidError("name the place where the goods stand", field="place")
    (order, *_), task = claims.lock(task_id)
    if task.kind not in Task.PACKING:
        raise TransitionError(f"task {task.pk} is {task.kind}: nothing is packed")
    if task.status == Task.Status.DONE and task.associate_id == associate_id:
        return task
    claims.require_yours(task, associate_id)
    actor = steps.associate(associate_id)
    _pack_the_rest(order, task, all_packed, at, actor)
    task.move_to(Task.Status.DONE)
    task.done_at, task.place, task.bags = at, place, bags
    claims.save(task)
    steps.log(order, "staged", at=at, actor=actor, task=task.kind, place=place, bags=bags)
    _advance(order, at)
    return task


def _lock_packing(task_id: int, associate_id: int) -> tuple[Order, Task]:
    (order, *_), task = claims.lock(task_id)
    claims.require_yours(task, associate_id)
    return order, task


def _get_line(task: Task, line_id: int) -> OrderLine:
    try:
        return get_lines(task).get(pk=line_id)
    except OrderLine.DoesNotExist:
        raise LineNotFoundError(f"the task has no line {line_id}") from None


def get_lines(task: Task) -> QuerySet[OrderLine]:
    """Return the lines of the wave that a packing task packs."""
    wave = OrderLine.Wave.AMBIENT if task.kind == Task.Kind.PACK_AMBIENT else OrderLine.Wave.FRESH
    return OrderLine.objects.filter(order=task.order_id, wave=wave)


def _pack_the_rest(order: Order, task: Task, all_packed: bool, at: datetime, actor: str) -> None:
    still_open = list(get_lines(task).filter(status__in=[Line.RESERVED, Line.PICKED]).order_by("pk"))
    if still_open and not all_packed:
        raise LinesOpenError(
            f"{len(still_open)} lines are neither packed nor short",
            lines=[line.pk for line in still_open],
        )
    for line in still_open:
        line.move_to(Line.PACKED)
        line.save(update_fields=["status"])
        steps.log(order, "packed", at=at, actor=actor, line=line.pk)


def end_empty_waves(order: Order, at: datetime) -> None:
    """End the packing of waves of which no line is left; the caller holds the order's lock."""
    ended = False
    for task in order.tasks.filter(kind__in=Task.PACKING, status__in=UNFINISHED).order_by("pk"):
        if not get_lines(task).filter(status__in=[Line.RESERVED, Line.PICKED, Line.PACKED]).exists():
            task.move_to(Task.Status.CANCELED)
            task.done_at = at
            claims.save(task)
            ended = True
    if ended and order.status == Order.Status.PREPARING:
        _advance(order, at)


def _advance(order: Order, at: datetime) -> None:
    """Say what the order has become now that a wave is staged."""
    unfinished = order.tasks.filter(kind__in=Task.PACKING, status__in=UNFINISHED).values_list(
        "kind", flat=True
    )
    if not order.lines.filter(status=Line.PACKED).exists() and not unfinished:
        closing.close_empty(order, at)
    elif not unfinished:
        order.ready_at = at
        steps.move(order, Order.Status.READY, at=at)
        steps.log(order, "ready", at=at)
        messages.tell(order, "READY", at=at)
        steps.save(order, "ready_at")
    else:
        if Task.Kind.PACK_AMBIENT not in unfinished:
            order.ambient_ready_at = at
            messages.tell(order, "AMBIENT_READY", at=at)
        steps.save(order, "ambient_ready_at")
