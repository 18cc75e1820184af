"""Packing: who has the task, what is picked and packed, and when the order is ready."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from bopis.errors import DomainError, InvalidError, NotFoundError
from orders.models import Order, OrderLine, Task
from orders.prices import get_price
from orders.services import closing, exceptions, messages, steps, stock

Line = OrderLine.Status


class TaskTakenError(DomainError):
    """Another associate has this task."""

    code = "task-taken"


class NotYourTaskError(DomainError):
    """The step needs the task to be yours: start it first."""

    code = "task-not-yours"


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
    """
    orders, task = _lock(task_id)
    if task.status == Task.Status.IN_PROGRESS:
        if task.associate_id == associate_id:
            return task
        raise TaskTakenError("the task is taken", associate=_get_name(task))
    task.move_to(Task.Status.IN_PROGRESS)
    if task.kind == Task.Kind.TAKE_OUT and not any(o.status == Order.Status.READY for o in orders):
        raise NotReadyError("nothing of this visit is ready to be taken out")
    task.associate_id, task.started_at = associate_id, at
    _save(task)
    for order in orders:
        if task.kind in Task.PACKING:
            _begin_packing(order, at)
        steps.log(order, "started", at=at, actor=steps.associate(associate_id), task=task.kind)
    steps.save_all(orders)
    return task


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
    orders, task = _lock(task_id)
    _require_yours(task, associate_id)
    task.move_to(Task.Status.QUEUED)
    task.associate_id, task.started_at = None, None
    _save(task)
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
    line.move_to(Line.PICKED)
    _split(line, quantity)
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
    order.total_minor = get_total(order)
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
    """
    if not place:
        raise InvalidError("name the place where the goods stand", field="place")
    (order,), task = _lock(task_id)
    if task.status == Task.Status.DONE and task.associate_id == associate_id:
        return task
    _require_yours(task, associate_id)
    actor = steps.associate(associate_id)
    _pack_the_rest(order, task, all_packed, at, actor)
    task.move_to(Task.Status.DONE)
    task.done_at, task.place, task.bags = at, place, bags
    _save(task)
    steps.log(order, "staged", at=at, actor=actor, task=task.kind, place=place, bags=bags)
    _advance(order, at)
    return task


def get_total(order: Order) -> int:
    """Return what the lines that can still be handed over cost, in minor units."""
    counted = order.lines.exclude(status__in=[Line.SHORT, Line.CANCELED])
    return sum(get_price(line.price_minor, line.quantity) for line in counted)


def _lock(task_id: int) -> tuple[list[Order], Task]:
    orders = steps.lock_orders_of(steps.get_task(task_id))
    return orders, steps.get_task(task_id)  # again: the first look was before the lock


def _lock_packing(task_id: int, associate_id: int) -> tuple[Order, Task]:
    (order, *_), task = _lock(task_id)
    _require_yours(task, associate_id)
    return order, task


def _require_yours(task: Task, associate_id: int) -> None:
    if task.status != Task.Status.IN_PROGRESS or task.associate_id != associate_id:
        raise NotYourTaskError("start the task first", associate=_get_name(task))


def _get_name(task: Task) -> dict[str, object] | None:
    if task.associate_id is None:
        return None
    user = get_user_model().objects.get(pk=task.associate_id)
    return {"id": user.pk, "name": user.get_short_name() or user.get_username()}


def _save(task: Task) -> None:
    task.revision += 1
    task.save()


def _get_line(task: Task, line_id: int) -> OrderLine:
    try:
        return get_lines(task).get(pk=line_id)
    except OrderLine.DoesNotExist:
        raise LineNotFoundError(f"the task has no line {line_id}") from None


def get_lines(task: Task) -> QuerySet[OrderLine]:
    """Return the lines of the wave that a packing task packs."""
    wave = OrderLine.Wave.AMBIENT if task.kind == Task.Kind.PACK_AMBIENT else OrderLine.Wave.FRESH
    return OrderLine.objects.filter(order=task.order_id, wave=wave)


def _split(line: OrderLine, quantity: Decimal) -> None:
    rest = line.quantity - quantity
    if rest:
        OrderLine.objects.create(
            order_id=line.order_id,
            product_id=line.product_id,
            quantity=rest,
            price_minor=line.price_minor,
            wave=line.wave,
        )
    line.quantity = quantity


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


def _advance(order: Order, at: datetime) -> None:
    """Say what the order has become now that a wave is staged."""
    unfinished = order.tasks.filter(
        kind__in=Task.PACKING, status__in=["WAITING", "QUEUED", "IN_PROGRESS"]
    ).values_list("kind", flat=True)
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
