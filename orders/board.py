"""The store board: what a card says, and pushing one to everybody who looks."""

import logging
from datetime import datetime
from typing import Any, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.models import User

from bopis import clock
from orders import packing_time, queries
from orders.models import Order, OrderLine, Task
from orders.models.lines import NEVER_GIVEN
from orders.models.lines import OrderLine as Line
from orders.models.tasks import ON_BOARD
from orders.needs import get_needs

logger = logging.getLogger(__name__)

COLD = ("CHILLED", "FROZEN", "HOT")
"""Zones that a card counts apart."""


class Person(TypedDict):
    """An associate, as colleagues call them."""

    id: int
    name: str
    initials: str


class TaskCard(TypedDict):
    """One piece of work on a card; times ISO 8601 in UTC."""

    id: int
    kind: str
    status: str
    trigger: str
    release_at: str | None
    due_at: str | None
    start_by: str | None
    packing_s: int
    done: int
    of: int
    associate: Person | None
    revision: int


class Card(TypedDict):
    """One order's place on the board; the client computes all timers from it."""

    order: str
    revision: int
    lane: str | None  # "coming", "pack", "here", "done"; None: not on the board
    code: str
    number: str
    name: str
    status: str
    window: dict[str, str]
    on_way_at: str | None
    eta: dict[str, str] | None
    vehicle: dict[str, str] | None
    delegate: str | None
    places: list[str]
    bags: int
    items: int
    aisles: int
    cold: dict[str, int]
    needs: list[str]  # the checks of its handover, to be confirmed by these names
    tasks: list[TaskCard]
    here: dict[str, Any] | None
    check: dict[str, Any] | None
    on_hold: dict[str, str] | None
    cold_since: str | None
    done: dict[str, Any] | None


def group_name(store_id: int) -> str:
    """Return the channel group of a store's boards."""
    return f"board.{store_id}"


def track_group_name(order: Order) -> str:
    """Return the channel group of one customer's pages."""
    return f"track.{order.public_id.hex}"


def push_order(order_id: int) -> None:
    """
    Show the order as it is now on its store's boards and its customer's page.

    Called after the commit. A push that is lost heals at the next beat.
    """
    push(queries.with_card_rows(Order.objects.filter(pk=order_id)).get())


def push(order: Order) -> None:
    """
    Show an order that carries its card's rows; see `push_order`.
    """
    # Both in one go: in a worker each way into asyncio costs a loop and a connection of its own.
    _send(
        {
            group_name(order.store_id): {"type": "board.card", "card": get_card(order)},
            track_group_name(order): {"type": "track.changed"},
        }
    )


@async_to_sync
async def _send(messages: dict[str, dict[str, Any]]) -> None:
    layer = get_channel_layer()
    assert layer is not None  # settings name one, everywhere
    for group, message in messages.items():
        await layer.group_send(group, message)


def push_gone(order_id: int, *, store_id: int) -> None:
    """Take the order's card off the boards of a store that it has left; called after the commit."""
    order = queries.with_card_rows(Order.objects.filter(pk=order_id)).get()
    _send({group_name(store_id): {"type": "board.card", "card": get_card(order) | {"lane": None}}})


def get_cards(*, store_id: int, at: datetime) -> list[Card]:
    """Return every card of the store's board, in a bounded number of queries."""
    orders = list(queries.get_board_orders(store_id=store_id, at=at))
    take_outs = queries.get_take_outs({order.visit_id for order in orders if order.visit_id})
    return [_make_card(order, take_outs.get(order.visit_id or 0)) for order in orders]


def get_card(order: Order) -> Card:
    """Return one order's card."""
    take_outs = queries.get_take_outs({order.visit_id} if order.visit_id else set())
    return _make_card(order, take_outs.get(order.visit_id or 0))


def get_person(user: User) -> Person:
    """Return how an associate is named on the board: first name and initials."""
    name = user.get_short_name() or user.get_username()
    return {"id": user.pk, "name": name, "initials": name[:2]}


def _make_card(order: Order, take_out: Task | None) -> Card:
    lines = [line for line in order.lines.all() if line.status not in NEVER_GIVEN]
    tasks = list(order.tasks.all())
    packing = [task for task in tasks if task.kind in Task.PACKING]
    shown = [_make_task(task, lines) for task in packing if task.status not in {"DONE", "CANCELED"}]
    shown += [_make_task(task, lines) for task in tasks if _is_open_put_back(task)]
    if take_out is not None and order.is_open:
        shown.append(_make_task(take_out, lines))
    return {
        "order": str(order.public_id),
        "revision": order.revision,
        "lane": _get_lane(order, tasks, take_out),
        "code": order.code,
        "number": order.number,
        "name": order.customer.first_name,
        "status": order.status,
        "window": {"start": order.window_start.isoformat(), "end": order.window_end.isoformat()},
        "on_way_at": _iso(order.customer_on_way_at),
        "eta": _get_eta(order),
        "vehicle": _get_vehicle(order),
        "delegate": _get_delegate(order),
        "places": [task.place for task in packing if task.place],
        "bags": sum(task.bags for task in packing),
        "items": len(lines),
        "aisles": len({line.product.aisle for line in lines}),
        "cold": _count_cold(lines),
        "needs": get_needs(lines),
        "tasks": shown,
        "here": _get_here(order),
        "check": _get_check(tasks),
        "on_hold": _get_on_hold(order),
        "cold_since": _get_cold_since(packing),
        "done": _get_done(order),
    }


def _get_on_hold(order: Order) -> dict[str, str] | None:
    if not order.on_hold or order.on_hold_at is None:
        return None
    return {"reason": order.on_hold, "since": order.on_hold_at.isoformat()}


def _is_open_put_back(task: Task) -> bool:
    return task.kind == Task.Kind.PUT_BACK and task.status in {"QUEUED", "IN_PROGRESS"}


def _get_lane(order: Order, tasks: list[Task], take_out: Task | None) -> str | None:
    """The lane of the card; None for a closed order, and for one that is only planned and still far."""
    if order.status == Order.Status.PICKED_UP:
        return "done"
    if not order.is_open:
        return "pack" if any(_is_open_put_back(task) for task in tasks) else None
    if order.customer_arrived_at is not None and take_out is not None:
        return "here"
    if any(task.kind in Task.PACKING and task.status in ON_BOARD for task in tasks):
        return "pack"
    is_near = order.window_start <= clock.now() + queries.SHOWN_AHEAD
    is_coming = is_near or order.visit_id is not None or order.status != Order.Status.PLACED
    return "coming" if is_coming or any(task.status in ON_BOARD for task in tasks) else None


def _make_task(task: Task, lines: list[OrderLine]) -> TaskCard:
    wave = Line.Wave.FRESH if task.kind == Task.Kind.PACK_FRESH else Line.Wave.AMBIENT
    own = [line for line in lines if line.wave == wave] if task.kind in Task.PACKING else []
    time = packing_time.get_fresh_time if wave == Line.Wave.FRESH else packing_time.get_ambient_time
    packing = time(len(own))
    return {
        "id": task.pk,
        "kind": task.kind,
        "status": task.status,
        "trigger": task.trigger,
        "release_at": _iso(task.release_at),
        "due_at": _iso(task.due_at),
        "start_by": _iso(task.due_at and task.due_at - packing),
        "packing_s": round(packing.total_seconds()),
        "done": sum(line.status in {"PACKED", "HANDED_OVER"} for line in own),
        "of": len(own),
        "associate": get_person(task.associate) if task.associate else None,
        "revision": task.revision,
    }


def _get_eta(order: Order) -> dict[str, str] | None:
    if order.eta_low_at is None or order.eta_high_at is None:
        return None
    return {"low": order.eta_low_at.isoformat(), "high": order.eta_high_at.isoformat()}


def _get_vehicle(order: Order) -> dict[str, str] | None:
    if order.vehicle is None:
        return None
    return {"description": order.vehicle.description, "plate_tail": order.vehicle.plate_tail}


def _get_delegate(order: Order) -> str | None:
    """Whom the associate asks for: who was named last, if the customer sends somebody."""
    valid = [delegate for delegate in order.delegates.all() if delegate.is_valid(clock.now())]
    return max(valid, key=lambda delegate: delegate.pk).name if valid else None


def _count_cold(lines: list[OrderLine]) -> dict[str, int]:
    zones = [line.product.zone for line in lines]
    return {zone.lower(): zones.count(zone) for zone in COLD}


def _get_here(order: Order) -> dict[str, Any] | None:
    if order.customer_arrived_at is None:
        return None
    return {
        "visit": order.visit_id,
        "since": order.customer_arrived_at.isoformat(),
        "spot": order.spot.number if order.spot else None,
        "signals": order.signals,
    }


def _get_check(tasks: list[Task]) -> dict[str, Any] | None:
    for task in tasks:
        # Only plates are asked about here; other exceptions say what they are "about".
        is_open = task.kind == Task.Kind.FIX and task.status in {"QUEUED", "IN_PROGRESS"}
        if is_open and "about" not in task.details:
            return {"task": task.pk, "since": _iso(task.queued_at), **task.details}
    return None


def _get_cold_since(packing: list[Task]) -> str | None:
    """The cold goods are out of their fridge from the moment the fresh wave is begun."""
    return next((_iso(task.started_at) for task in packing if task.kind == Task.Kind.PACK_FRESH), None)


def _get_done(order: Order) -> dict[str, Any] | None:
    handover = next((h for h in order.handovers.all() if h.voided_at is None and not h.is_part), None)
    if handover is None:
        return None
    wait_s = None if handover.wait is None else round(handover.wait.total_seconds())
    return {"at": handover.at.isoformat(), "wait_s": wait_s, "associate": handover.associate_id}


def get_later(cards_until: datetime, *, store_id: int) -> list[dict[str, Any]]:
    """Return the planned orders beyond the cards: how many by pickup window."""
    counts: dict[datetime, int] = {}
    later = Order.objects.filter(store_id=store_id, status="PLACED", window_start__gt=cards_until)
    for start in later.order_by("window_start", "pk").values_list("window_start", flat=True)[:500]:
        counts[start] = counts.get(start, 0) + 1
    return [{"at": start.isoformat(), "orders": number} for start, number in counts.items()]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def now_iso() -> str:
    """Return the server's time, sent with every message so that a device's clock does no harm."""
    return clock.now().isoformat()
