"""Exceptions: what went wrong with an order, as a task that a person decides."""

from datetime import datetime

from django.db import transaction

from orders.models import OrderLine, StockLevel, Task
from orders.models.orders import OPEN
from orders.services import steps


def propose_shorts(*, level_id: int, at: datetime) -> None:
    """
    Propose the newest unpicked lines of a product as short, each once.

    Promised units are gone from the shelf, and the oldest orders keep what is
    left. No line is changed here: an associate looks, and says.
    """
    level = StockLevel.objects.get(pk=level_id)
    missing = level.deficit
    newest = OrderLine.objects.filter(
        product=level.product_id,
        order__store=level.store_id,
        order__status__in=OPEN,
        status=OrderLine.Status.RESERVED,
    ).order_by("-order__placed_at", "-pk")
    for line in newest:
        if missing <= 0:
            return
        _propose_short(line, at)
        missing -= line.quantity


def propose_all_shorts(*, at: datetime) -> None:
    """Propose again what a lost wake-up left out; beat runs this every minute."""
    for level_id in StockLevel.objects.filter(deficit__gt=0).order_by("pk").values_list("pk", flat=True):
        propose_shorts(level_id=level_id, at=at)


def close_proposal(line: OrderLine, *, at: datetime) -> None:
    """End the proposal about a line that was picked or is short; the caller holds the order's lock."""
    open_ones = Task.objects.filter(
        order=line.order_id, kind=Task.Kind.FIX, key=_get_key(line), status=Task.Status.QUEUED
    )
    open_ones.update(status=Task.Status.DONE, done_at=at)


@transaction.atomic
def _propose_short(line: OrderLine, at: datetime) -> None:
    order = steps.lock_order(line.order_id)
    line.refresh_from_db()
    if line.status != OrderLine.Status.RESERVED:
        return
    _, is_new = Task.objects.get_or_create(
        order=order,
        kind=Task.Kind.FIX,
        key=_get_key(line),
        defaults={
            "store": order.store,
            "status": Task.Status.QUEUED,
            "queued_at": at,
            "details": {"about": "deficit", "line": line.pk, "quantity": f"{line.quantity:f}"},
        },
    )
    if is_new:
        steps.log(order, "short-proposed", at=at, line=line.pk)
        steps.save(order)


def _get_key(line: OrderLine) -> str:
    return f"deficit:{line.pk}"
