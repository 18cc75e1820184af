"""The customer's page: who may see it, and everything it says."""

from datetime import datetime
from typing import Any, TypedDict

from bopis.privacy import read_token
from orders import queries
from orders.board import get_person
from orders.models import Delegate, Order, OrderLine, Task
from orders.models.lines import NEVER_GIVEN


class Step(TypedDict):
    """One step of the page's list; `at` is null until it was reached."""

    key: str
    at: str | None
    note: str | None
    current: bool


class TrackState(TypedDict):
    """Everything the customer's page shows; times ISO 8601 in UTC, money in minor units."""

    order: str
    store: dict[str, Any]
    name: str
    status: str
    moment: str
    steps: list[Step]
    promise_at: str
    fresh_waits: bool
    cold_items: int
    packer: str | None
    eta: dict[str, str] | None
    spot: str | None
    spots: list[str]
    runner: str | None
    bags: int
    arrived_at: str | None
    ahead: int
    pickup_code: str | None
    items: int
    total_minor: int
    currency: str
    picked_up_at: str | None
    on_hold: bool  # why is the store's affair
    keep_until: str | None
    can_extend: bool
    revision: int


class DelegateState(TypedDict):
    """What somebody whom the customer sends may see: no prices, no names but their own, no goods."""

    order: str
    store: dict[str, Any]
    name: str
    status: str
    moment: str
    promise_at: str
    spot: str | None
    spots: list[str]
    pickup_code: str | None
    picked_up_at: str | None
    revision: int


def get_delegate_state(delegate: Delegate) -> DelegateState:
    """Return what the page of a delegate shows now."""
    state = get_state(delegate.order)
    return {
        "order": state["order"],
        "store": state["store"],
        "name": delegate.name,
        "status": state["status"],
        "moment": state["moment"],
        "promise_at": state["promise_at"],
        "spot": state["spot"],
        "spots": state["spots"],
        "pickup_code": state["pickup_code"],
        "picked_up_at": state["picked_up_at"],
        "revision": state["revision"],
    }


def get_order(token: str) -> Order:
    """
    Return the order that a tracking link is for.

    :raises InvalidTokenError: if the token was not made here.
    :raises OrderNotFoundError: if the order is gone.
    """
    return queries.get_order(str(read_token(token, purpose="track")), store_ids=None)


def get_state(order: Order) -> TrackState:
    """Return what the customer's page shows now."""
    order = queries.with_card_rows(Order.objects.filter(pk=order.pk)).get()
    lines = [line for line in order.lines.all() if line.status not in NEVER_GIVEN]
    packing = [task for task in order.tasks.all() if task.kind in Task.PACKING]
    take_out = queries.get_take_outs({order.visit_id}).get(order.visit_id) if order.visit_id else None
    handover = next((h for h in order.handovers.all() if h.voided_at is None and not h.is_part), None)
    return {
        "order": order.code,
        "store": _get_store(order),
        "name": order.customer.first_name,
        "status": order.status,
        "moment": _get_moment(order),
        "steps": _get_steps(order, packing, take_out),
        "promise_at": order.window_start.isoformat(),
        "fresh_waits": any(t.kind == Task.Kind.PACK_FRESH and t.status == "WAITING" for t in packing),
        "cold_items": sum(line.wave == OrderLine.Wave.FRESH for line in lines),
        "packer": next((_name(t) for t in packing if t.status == "IN_PROGRESS"), None),
        "eta": _get_eta(order),
        "spot": order.spot.number if order.spot and order.is_open else None,
        "spots": list(
            order.store.spots.filter(is_active=True).order_by("number", "pk").values_list("number", flat=True)
        ),
        "runner": _name(take_out) if take_out and take_out.status == "IN_PROGRESS" else None,
        "bags": sum(task.bags for task in packing),
        "arrived_at": _iso(order.customer_arrived_at),
        "ahead": _count_ahead(order),
        "pickup_code": order.pickup_code if order.is_open else None,
        "items": len(lines),
        "total_minor": order.total_minor,
        "currency": order.store.currency,
        "picked_up_at": _iso(handover.at if handover else None),
        "on_hold": bool(order.on_hold),
        "keep_until": _iso(order.keep_until),
        "can_extend": order.is_open and order.keep_until is not None and order.extended_at is None,
        "revision": order.revision,
    }


def _get_store(order: Order) -> dict[str, Any]:
    store = order.store
    return {
        "name": store.name,
        "phone": store.phone,
        "time_zone": store.time_zone,
        "latitude": store.latitude,
        "longitude": store.longitude,
        "instructions": store.pickup_instructions,
    }


def _get_moment(order: Order) -> str:
    if order.status == Order.Status.PICKED_UP:
        return "done"
    if not order.is_open:
        return order.status.lower()
    if order.customer_arrived_at is not None:
        return "here"
    return "way" if order.customer_on_way_at or order.eta_low_at else "making"


def _get_steps(order: Order, packing: list[Task], take_out: Task | None) -> list[Step]:
    """Return the page's steps in their order; the current one is the first without a time."""
    began = [task.started_at for task in packing if task.started_at]
    packer = next((_name(task) for task in packing if task.status == "IN_PROGRESS"), None)
    is_out = take_out is not None and take_out.status in {"IN_PROGRESS", "DONE"}
    picked_up_at = order.status_changed_at if order.status == Order.Status.PICKED_UP else None
    times: dict[str, datetime | None] = {
        "confirmed": order.placed_at,
        "preparing": min(began, default=None),
        "ready": order.ready_at,
        "on_the_way": order.customer_on_way_at,
        "seen": order.customer_arrived_at,
        "coming_out": take_out.started_at if take_out and is_out else None,
        "done": picked_up_at,
    }
    current = _get_current(order, times)
    return [
        {
            "key": key,
            "at": _iso(at),
            "note": packer if key == "preparing" else None,
            "current": key == current,
        }
        for key, at in times.items()
    ]


def _get_current(order: Order, times: dict[str, datetime | None]) -> str:
    """Packing goes on beside the trip: "preparing" stays current until the order is ready."""
    if order.status == Order.Status.PICKED_UP:
        return "done"
    reached = [key for key, at in times.items() if at is not None]
    if order.status == Order.Status.PREPARING and reached[-1] in {"preparing", "on_the_way"}:
        return "preparing"
    return reached[-1]


def _get_eta(order: Order) -> dict[str, str] | None:
    if order.eta_low_at is None or order.eta_high_at is None or order.customer_arrived_at:
        return None
    return {"low": order.eta_low_at.isoformat(), "high": order.eta_high_at.isoformat()}


def _count_ahead(order: Order) -> int:
    """How many other visits have waited longer on this lot."""
    if order.customer_arrived_at is None:
        return 0
    before = Order.objects.filter(
        store=order.store_id,
        status__in=["PLACED", "PREPARING", "READY"],
        customer_arrived_at__lt=order.customer_arrived_at,
    )
    return before.exclude(visit_id=order.visit_id).values("visit_id").distinct().count()


def _name(task: Task) -> str | None:
    return get_person(task.associate)["name"] if task.associate else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
