"""The story's account: what the database knows of each order, set beside what was seen from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from arrivals.models import Arrival
from bopis.demo import measures, store
from bopis.demo.customers import Visit
from bopis.demo.measures import Watch
from notifications.models import Message
from orders.models import Order, OrderEvent, StockLevel, Task
from orders.models.orders import OPEN

# Event kind, and the task kind it names, to the step's name; in the order of a visit.
STEPS: Mapping[tuple[str, str | None], str] = {
    ("placed", None): "placed",
    ("started", "PACK_AMBIENT"): "ambient_started",
    ("staged", "PACK_AMBIENT"): "ambient_staged",
    ("on-the-way", None): "on_the_way",
    ("queued", "PACK_FRESH"): "fresh_released",
    ("customer-arrived", None): "arrived",
    ("started", "PACK_FRESH"): "fresh_started",
    ("staged", "PACK_FRESH"): "fresh_staged",
    ("ready", None): "ready",
    ("started", "TAKE_OUT"): "coming_out",
    ("picked-up", None): "picked_up",
}
NEEDED = set(STEPS.values()) - {"on_the_way"}
TOLD_ONCE = ("ORDER_CONFIRMED", "PACKING_STARTED", "READY", "PICKED_UP")


def describe(visit: Visit, watch: Watch) -> dict[str, Any]:
    """Return one order's line: recognised by what, each step's first time, the wait, and what is missing."""
    order = Order.objects.get(public_id=visit.order_id)
    steps = get_steps(order)
    fresh = order.tasks.get(kind=Task.Kind.PACK_FRESH)
    missing = sorted(NEEDED - steps.keys())
    missing += [f"message {kind}" for kind in TOLD_ONCE if _count_told(order, kind) != 1]
    missing += [
        f"lane {lane}" for lane in ("here", "done") if lane not in watch.lanes.get(visit.order_id, [])
    ]
    return {
        "number": order.number,
        "recognised_by": measures.RECOGNISED_BY.get(fresh.trigger, fresh.trigger.lower()),
        "signals": [signal["kind"] for signal in order.signals],
        "steps": {name: at.isoformat() for name, at in steps.items()},
        "wait_s": visit.wait_s,
        "missing": missing,
    }


def get_steps(order: Order) -> dict[str, datetime]:
    """Return when each step of the order first happened, in the order of a visit."""
    first: dict[str, datetime] = {}
    for event in OrderEvent.objects.filter(order=order).order_by("pk"):
        name = STEPS.get((event.kind, event.data.get("task"))) or STEPS.get((event.kind, None))
        if name is not None:
            first.setdefault(name, event.occurred_at)
    return {name: first[name] for name in STEPS.values() if name in first}


def get_task_to_board_ms(visit: Visit, watch: Watch) -> float | None:
    """
    Return the time from taking the evidence up (a plate's vote, a ping) to the card on a board.

    `queued_at` is the moment at which the sense was handed over: matching, the
    transaction and the push come after it.
    """
    release = watch.releases.get(visit.order_id)
    queued_at = Task.objects.get(order__public_id=visit.order_id, kind=Task.Kind.PACK_FRESH).queued_at
    if release is None or queued_at is None:
        return None
    return (release.seen.at - queued_at).total_seconds() * 1e3


def count_arrivals(since: datetime) -> int:
    """Return how many visits the store has believed in since then."""
    return Arrival.objects.filter(store__code=store.CODE, opened_at__gte=since).count()


def count_messages(visits: Sequence[Visit]) -> int:
    """Return how many messages about these orders went out."""
    ids = [visit.order_id for visit in visits]
    return Message.objects.filter(order_id__in=_get_keys(ids), sent_at__isnull=False).count()


def find_leftovers(number: str, sku: str) -> list[str]:
    """Return what a refused order left behind: nothing, if all is well."""
    left = []
    if Order.objects.filter(number=number).exists():
        left.append("order")
    if StockLevel.objects.get(store__code=store.CODE, product__sku=sku).reserved:
        left.append("reservation")
    if Order.objects.filter(customer__external_id=f"demo-{number}").exists():
        left.append("customer")
    return left


def count_open_orders() -> int:
    """Return how many of the store's orders nobody has collected yet."""
    return Order.objects.filter(store__code=store.CODE, status__in=OPEN).count()


def _count_told(order: Order, kind: str) -> int:
    return Message.objects.filter(order_id=order.pk, kind=kind).count()


def _get_keys(public_ids: Sequence[str]) -> list[int]:
    return list(Order.objects.filter(public_id__in=public_ids).values_list("pk", flat=True))
