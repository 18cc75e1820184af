"""What time alone brings about: waiting tasks whose moment has come."""

from datetime import datetime

from django.db import transaction

from orders.models import Task
from orders.services import steps, visits


def queue_due(*, at: datetime, limit: int = 500) -> int:
    """
    Put every waiting task whose `release_at` has come on the board; return how many.

    Safe to run twice or twice at once: each task is looked at again under its
    order's lock.
    """
    due = Task.objects.filter(status=Task.Status.WAITING, release_at__lte=at)
    task_ids = list(due.order_by("release_at", "pk").values_list("pk", flat=True)[:limit])
    return sum(_queue(task_id, at) for task_id in task_ids)


@transaction.atomic
def _queue(task_id: int, at: datetime) -> bool:
    (order,) = steps.lock_orders_of(steps.get_task(task_id))
    task = steps.get_task(task_id)
    if task.status != Task.Status.WAITING or task.release_at is None or task.release_at > at:
        return False
    visits.queue(order, task, task.trigger or Task.Trigger.RULE, at)
    task.revision += 1
    task.save()
    steps.save(order)
    return True
