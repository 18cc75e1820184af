"""Until when an order waits for its customer, and more time for it, once."""

from datetime import datetime, timedelta

from django.db import transaction

from bopis.errors import DomainError, TransitionError
from orders import ladder
from orders.models import Order
from orders.services import steps

EXTENSION = timedelta(days=2)  # what "extend once" adds


class AlreadyExtendedError(DomainError):
    """The customer has had more time once; `keep_until` says until when."""

    code = "already-extended"


class KeptForeverError(DomainError):
    """The store keeps its orders without end: there is nothing to extend."""

    code = "no-end"


def plan(order: Order, *, at: datetime) -> None:
    """Set in memory until when an order is kept and when its ladder begins; the caller saves."""
    keep_for = order.store.keep_for
    order.keep_until = None if keep_for is None else order.window_end + keep_for
    plan_next(order, at=at)


@transaction.atomic
def extend(*, order_id: int, at: datetime, actor: str) -> Order:
    """
    Keep an open order two days longer, once.

    :raises AlreadyExtendedError: the second time.
    :raises KeptForeverError: if the order is kept without end.
    :raises TransitionError: if the order is closed.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        raise TransitionError(f"order {order.number} is {order.status}: cannot be kept longer")
    if order.keep_until is None:
        raise KeptForeverError("the store keeps its orders without end")
    if order.extended_at is not None:
        raise AlreadyExtendedError("more time is given once", keep_until=order.keep_until.isoformat())
    order.extended_at = at
    prolong(order, EXTENSION, at=at)
    steps.log(order, "extended", at=at, actor=actor, keep_until=order.keep_until.isoformat())
    steps.save(order, "extended_at", "keep_until", "ladder_at")
    return order


def prolong(order: Order, by: timedelta, *, at: datetime) -> None:
    """Keep an order longer in memory; the caller saves `keep_until` and `ladder_at`."""
    if order.keep_until is not None:
        order.keep_until += by
        plan_next(order, at=at)


def plan_next(order: Order, *, at: datetime) -> None:
    """Set in memory when the order's next rung is due."""
    order.ladder_at = ladder.get_next(order.window_end, order.keep_until, after=at)
