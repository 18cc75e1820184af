"""Nobody came: reminders by the ladder's rungs, and in the end the order's."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from orders import ladder
from orders.models import Order
from orders.models.orders import OPEN
from orders.services import closing, keeping, messages, steps


def climb_due(*, at: datetime, limit: int = 500) -> int:
    """
    Take the next rung of every order whose customer did not come, and return how many.

    Safe to run twice or twice at once: each is looked at again under its lock. After
    a pause only the highest rung is told.
    """
    order_ids = list(_get_due(at).order_by("ladder_at", "pk").values_list("pk", flat=True)[:limit])
    return sum(_climb(order_id, at) for order_id in order_ids)


def _get_due(at: datetime) -> QuerySet[Order]:
    # Whoever is on the way or here has come; an order on hold could not be collected.
    return Order.objects.filter(status__in=OPEN, ladder_at__lte=at, visit_id=None, on_hold="")


@transaction.atomic
def _climb(order_id: int, at: datetime) -> bool:
    order = steps.lock_order(order_id)
    if not _get_due(at).filter(pk=order_id).exists() or order.keep_until is None:
        return False
    rung = ladder.get_due(order.window_end, order.keep_until, at=at)
    if rung is not None and rung.kind == Order.Status.EXPIRED:
        closing.expire(order, at=at)
        return True
    keeping.plan_next(order, at=at)
    if rung is not None:
        steps.log(order, "reminded", at=at, message=rung.kind)
        # Told again of a new end, so that more time brings its own last day.
        messages.tell(order, rung.kind, at=at, about=f"{order.keep_until:%Y%m%d%H%M}")
    steps.save(order, "ladder_at")
    return True
