"""Questions about plates: asked of an associate once, answered once, or withdrawn."""

from datetime import datetime
from typing import Any

from django.db import transaction

from bopis.errors import DomainError
from orders.models import Task
from orders.services import steps

Status = Task.Status


class QuestionAnsweredError(DomainError):
    """Somebody has already answered this question."""

    code = "already-answered"


@transaction.atomic
def ask_about_plate(
    *,
    order_id: int,
    visit_id: int | None,
    question: dict[str, Any],
    key: str,
    at: datetime,
) -> Task:
    """
    Ask an associate whether a car is this order's. Once per key, then the task as it is.

    :param question: {"read_tail", "expected_tail", "differs": [i], "vehicle"}: never a whole plate.
    """
    order = steps.lock_order(order_id)
    task, is_new = Task.objects.get_or_create(
        order=order,
        kind=Task.Kind.FIX,
        key=key,
        defaults={
            "store": order.store,
            "visit_id": visit_id,
            "status": Status.QUEUED,
            "queued_at": at,
            "details": question,
        },
    )
    if is_new:
        steps.log(order, "plate-asked", at=at, task=task.pk)
        steps.save(order)
    return task


@transaction.atomic
def close_question(*, task_id: int, answer: str, associate_id: int, at: datetime) -> Task:
    """
    Write an associate's answer down, and forget what was read. The same answer again changes nothing.

    :raises QuestionAnsweredError: if it was answered otherwise.
    """
    (order,) = steps.lock_orders_of(steps.get_task(task_id))
    task = steps.get_task(task_id)
    if task.status == Status.DONE:
        if task.details.get("answer") != answer:
            raise QuestionAnsweredError("the question is answered", answer=task.details.get("answer"))
        return task
    task.move_to(Status.DONE)
    task.associate_id, task.done_at = associate_id, at
    task.details = {"answer": answer}  # the read may be a stranger's plate
    _save(task)
    steps.log(
        order,
        "plate-answered",
        at=at,
        actor=steps.associate(associate_id),
        answer=answer,
    )
    steps.save(order)
    return task


@transaction.atomic
def withdraw(*, order_id: int, at: datetime, asked_before: datetime | None = None) -> int:
    """
    Take back the order's unanswered questions, and forget what was read; return how many.

    A repeat finds none.

    :param asked_before: only those asked before then.
    """
    order = steps.lock_order(order_id)
    tasks = order.tasks.filter(kind=Task.Kind.FIX, status__in=[Status.QUEUED, Status.IN_PROGRESS])
    tasks = tasks.exclude(details__has_key="about")  # exceptions about goods are no questions about plates
    if asked_before is not None:
        tasks = tasks.filter(queued_at__lt=asked_before)
    withdrawn = [_withdraw(task, at) for task in tasks.order_by("pk")]
    if withdrawn:
        steps.log(order, "question-withdrawn", at=at, tasks=withdrawn)
        steps.save(order)
    return len(withdrawn)


def _withdraw(task: Task, at: datetime) -> int:
    task.move_to(Status.CANCELED)
    task.done_at, task.details = at, {}
    _save(task)
    return task.pk


def _save(task: Task) -> None:
    task.revision += 1
    task.save()
