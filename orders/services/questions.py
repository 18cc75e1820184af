"""Questions about plates that nobody has to answer any more."""

from datetime import datetime

from django.db import transaction

from orders.models import Task
from orders.services import steps

Status = Task.Status


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
    task.revision += 1
    task.save()
    return task.pk
