"""The claim of a task: one associate has it, and of two who press at once one wins."""

from django.contrib.auth import get_user_model

from bopis.errors import DomainError
from orders.models import Order, Task
from orders.services import steps


class TaskTakenError(DomainError):
    """Another associate has this task."""

    code = "task-taken"


class NotYourTaskError(DomainError):
    """The step needs the task to be yours: start it first."""

    code = "task-not-yours"


def lock(task_id: int) -> tuple[list[Order], Task]:
    """
    Return a task and the orders that it is about, under the orders' locks.

    :raises TaskNotFoundError: if there is none.
    """
    orders = steps.lock_orders_of(steps.get_task(task_id))
    return orders, steps.get_task(task_id)  # again: the first look was before the lock


def require_yours(task: Task, associate_id: int) -> None:
    """
    Let nobody but the task's associate go on.

    :raises NotYourTaskError: naming who has it.
    """
    if task.status != Task.Status.IN_PROGRESS or task.associate_id != associate_id:
        raise NotYourTaskError("start the task first", associate=get_holder(task))


def get_holder(task: Task) -> dict[str, object] | None:
    """Return who has the task, as colleagues call them."""
    if task.associate_id is None:
        return None
    user = get_user_model().objects.get(pk=task.associate_id)
    return {"id": user.pk, "name": user.get_short_name() or user.get_username()}


def save(task: Task) -> None:
    """Save a task with its revision raised; the caller holds its order's lock."""
    task.revision += 1
    task.save()
