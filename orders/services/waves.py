"""The two waves: when each half of an order is packed, planned as it is placed and as it changes."""

from collections.abc import Iterable
from datetime import datetime

from orders import packing_time
from orders.models import Order, OrderLine, Task
from orders.services import preorders

Kind = Task.Kind


def plan(
    order: Order, lines: Iterable[OrderLine], at: datetime, *, has: frozenset[str] = frozenset()
) -> list[Task]:
    """
    Make the tasks of the lines' waves, but for those that the order `has`, and return them.

    What is not out yet keeps the whole order waiting.
    """
    lines = list(lines)
    released_at = preorders.get_release(line.product for line in lines)
    waves = {line.wave for line in lines}
    tasks = []
    if OrderLine.Wave.AMBIENT in waves and Kind.PACK_AMBIENT not in has:
        tasks.append(_plan_ambient(order, released_at, at))
    if OrderLine.Wave.FRESH in waves and Kind.PACK_FRESH not in has:
        fresh = sum(line.wave == OrderLine.Wave.FRESH for line in lines)
        times = _time_fresh(order, fresh, released_at)
        tasks.append(Task(store=order.store, order=order, kind=Kind.PACK_FRESH, **times))
    return Task.objects.bulk_create(tasks)


def add(order: Order, lines: Iterable[OrderLine], at: datetime) -> None:
    """Plan lines that come to an order which has tasks already; the caller holds its lock."""
    known = order.tasks.filter(kind__in=Task.PACKING).values_list("kind", flat=True)
    plan(order, lines, at, has=frozenset(known))
    released_at = preorders.get_release_of(order)
    if released_at is None or released_at <= at:
        return
    for task in order.tasks.filter(kind=Kind.PACK_AMBIENT, status=Task.Status.WAITING):
        task.release_at = max(task.release_at or released_at, released_at)
        task.save(update_fields=["release_at"])


def move(order: Order, at: datetime) -> None:
    """Plan the packing of an order anew that nobody has begun: at another store, it has other rules."""
    fresh = order.lines.filter(wave=OrderLine.Wave.FRESH, status=OrderLine.Status.RESERVED).count()
    released_at = preorders.get_release_of(order)
    for task in order.tasks.filter(kind__in=Task.PACKING, status__in=["WAITING", "QUEUED"]).order_by("pk"):
        task.store = order.store
        if task.status == Task.Status.WAITING:
            times = (
                _time_fresh(order, fresh, released_at)
                if task.kind == Kind.PACK_FRESH
                else {"release_at": _time_ambient(order, released_at), "due_at": order.window_start}
            )
            for name, value in times.items():
                setattr(task, name, value)
        task.revision += 1
        task.save()


def _plan_ambient(order: Order, released_at: datetime | None, at: datetime) -> Task:
    """Already inside the lead time, the ambient wave is on the board at once."""
    release_at = _time_ambient(order, released_at)
    is_due = release_at <= at
    return Task(
        store=order.store,
        order=order,
        kind=Kind.PACK_AMBIENT,
        status=Task.Status.QUEUED if is_due else Task.Status.WAITING,
        trigger=Task.Trigger.TIME,
        release_at=release_at,
        queued_at=at if is_due else None,
        due_at=order.window_start,
    )


def _time_ambient(order: Order, released_at: datetime | None) -> datetime:
    release_at = order.window_start - order.store.ambient_lead
    return release_at if released_at is None else max(release_at, released_at)


def _time_fresh(order: Order, lines: int, released_at: datetime | None) -> dict[str, object]:
    """The fresh wave waits for the customer, or for the store's fixed rule."""
    before = order.store.fresh_before_window
    if before is None:
        return {"trigger": "", "release_at": None, "due_at": None}
    release_at = order.window_start - before
    if released_at is not None:
        release_at = max(release_at, released_at)
    due_at = release_at + packing_time.get_fresh_time(lines)
    return {"trigger": Task.Trigger.RULE, "release_at": release_at, "due_at": due_at}
