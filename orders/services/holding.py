"""On hold: work and handover stand still for a reason; the order's state stays what it is."""

from datetime import datetime, timedelta

from django.db import transaction

from bopis.errors import DomainError, TransitionError
from orders.models import Order, Task
from orders.models.tasks import UNFINISHED
from orders.services import keeping, messages, steps


class OnHoldError(DomainError):
    """The order is on hold; `reason` says why."""

    code = "on-hold"


class RecallOpenError(DomainError):
    """What was recalled is still in the order: its lines must be removed first."""

    code = "recall-open"


def require_free(order: Order) -> None:
    """
    Let nobody work on an order that is on hold, or give it away.

    :raises OnHoldError: naming the reason.
    """
    if order.on_hold:
        raise OnHoldError(f"order {order.number} is on hold: {order.on_hold}", reason=order.on_hold)


@transaction.atomic
def put_on_hold(*, order_id: int, reason: Order.OnHold, at: datetime, actor: str) -> Order:
    """
    Stop work on an open order and its handover. The same reason again changes nothing.

    :raises TransitionError: if the order is closed.
    :raises OnHoldError: if it is on hold for another reason.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        raise TransitionError(f"order {order.number} is {order.status}: cannot be put on hold")
    if order.on_hold != reason:
        require_free(order)
        hold(order, reason, at=at, actor=actor)
    return order


def hold(order: Order, reason: Order.OnHold, *, at: datetime, actor: str) -> None:
    """Put an order on hold that is not; the caller holds its lock."""
    order.on_hold, order.on_hold_at = reason, at
    steps.log(order, "on-hold", at=at, actor=actor, reason=reason)
    if order.customer_arrived_at is None:  # who stands at the car is told by a person
        messages.tell(order, "ON_HOLD", at=at, about=f"{at:%Y%m%d%H%M%S}")
    steps.save(order, "on_hold", "on_hold_at")


@transaction.atomic
def resume(*, order_id: int, at: datetime, actor: str) -> Order:
    """
    Let work and handover go on. An order that is not on hold stays as it is.

    :raises RecallOpenError: if something recalled is still in it.
    """
    order = steps.lock_order(order_id)
    if order.on_hold:
        if has_recall(order):
            raise RecallOpenError("remove what was recalled first")
        go_on(order, at=at, actor=actor)
    return order


def has_recall(order: Order) -> bool:
    """Return whether something that was recalled is still in the order."""
    recalled = order.tasks.filter(kind=Task.Kind.FIX, key__startswith="recall:", status__in=UNFINISHED)
    return recalled.exists()


def go_on(order: Order, *, at: datetime, actor: str) -> None:
    """
    End the hold; what it took of the hold period is given back. The caller holds the lock.

    What was recalled meanwhile holds the order on.
    """
    if has_recall(order):
        order.on_hold = Order.OnHold.RECALL
        steps.log(order, "on-hold", at=at, actor=actor, reason=order.on_hold)
        steps.save(order, "on_hold")
        return
    since = order.on_hold_at or at
    reason, order.on_hold, order.on_hold_at = order.on_hold, "", None
    keeping.prolong(order, max(timedelta(0), at - max(since, order.window_end)), at=at)
    steps.log(order, "resumed", at=at, actor=actor, reason=reason)
    if order.is_open and order.customer_arrived_at is None:
        messages.tell(order, "RESUMED", at=at, about=f"{at:%Y%m%d%H%M%S}")
    steps.save(order, "on_hold", "on_hold_at", "keep_until", "ladder_at")
