"""Pickup records: how long each step of each handed-over order took."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Protocol

from orders import queries
from orders.models import Handover, Order, OrderLine, Task

CHUNK = 500  # rows in memory at once
GIVEN = ("HANDED_OVER", "RETURNED")  # what came back later was given all the same

# What each column means, in the words of the KPI dictionary; sent as the file's comments.
DEFINITIONS = {
    "number": "the retailer's order number",
    "window_start": "start of the promised pickup window",
    "placed_at": "accepted, stock reserved",
    "ready_at": "every remaining line packed and staged",
    "arrived_at": "first confirmed moment on the lot",
    "arrived_by": "the evidence that said so: a wait by tap is flattering",
    "picked_up_at": "handed over",
    "time_to_ready_s": "ready - placed",
    "pick_time_s": "packing of all waves, started to staged",
    "out_of_fridge_s": "start of the fresh wave's packing to handover",
    "runner_time_s": "handed over - take-out started",
    "wait_s": "handed over - arrived",
    "ready_on_time": "ready no later than the window's start",
    "lines": "order lines, those canceled left out",
    "short_lines": "lines not found on the shelf",
    "ordered_units": "units of those lines",
    "given_units": "units handed over, and not rejected at the car",
}


class Writable(Protocol):
    """Anything that text can be written to."""

    def write(self, text: str, /) -> object:
        """Take a piece of text."""


@dataclass(frozen=True)
class Pickup:
    """One handed-over order; times aware in UTC, durations in whole seconds."""

    number: str
    window_start: datetime
    placed_at: datetime
    ready_at: datetime | None
    arrived_at: datetime | None
    arrived_by: str
    picked_up_at: datetime
    time_to_ready_s: int | None
    pick_time_s: int | None
    out_of_fridge_s: int | None
    runner_time_s: int | None
    wait_s: int | None
    ready_on_time: bool
    lines: int
    short_lines: int
    ordered_units: Decimal
    given_units: Decimal


def get_pickups(*, store_id: int, since: datetime, until: datetime) -> Iterator[Pickup]:
    """Yield the store's handovers from `since` until before `until`, in order of time."""
    handovers = (
        Handover.objects.filter(
            order__store=store_id, at__gte=since, at__lt=until, voided_at__isnull=True, is_part=False
        )
        .select_related("order")
        .prefetch_related("order__tasks", "order__lines")
        .order_by("at", "pk")
    )
    rows = handovers.iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        take_outs = queries.get_take_outs({row.order.visit_id for row in chunk if row.order.visit_id})
        for handover in chunk:
            yield _make_pickup(handover, take_outs.get(handover.order.visit_id or 0))


def write_csv(pickups: Iterator[Pickup], target: Writable) -> None:
    """Write pickups as CSV, the definitions of the columns first as comment lines."""
    for name, meaning in DEFINITIONS.items():
        target.write(f"# {name}: {meaning}\r\n")
    writer = csv.DictWriter(target, [field.name for field in fields(Pickup)])
    writer.writeheader()
    for pickup in pickups:
        writer.writerow({name: _show(value) for name, value in asdict(pickup).items()})


def _make_pickup(handover: Handover, take_out: Task | None) -> Pickup:
    order = handover.order
    tasks = {task.kind: task for task in order.tasks.all()}
    fresh = tasks.get(Task.Kind.PACK_FRESH)
    lines = [line for line in order.lines.all() if line.status != OrderLine.Status.CANCELED]
    return Pickup(
        number=order.number,
        window_start=order.window_start,
        placed_at=order.placed_at,
        ready_at=order.ready_at,
        arrived_at=handover.arrived_at,
        arrived_by=_get_first_signal(order),
        picked_up_at=handover.at,
        time_to_ready_s=_seconds(order.placed_at, order.ready_at),
        pick_time_s=_get_pick_time([tasks[kind] for kind in Task.PACKING if kind in tasks]),
        out_of_fridge_s=_seconds(fresh.started_at, handover.at) if fresh else None,
        runner_time_s=_seconds(take_out.started_at, handover.at) if take_out else None,
        wait_s=_seconds(handover.arrived_at, handover.at),
        ready_on_time=order.ready_at is not None and order.ready_at <= order.window_start,
        lines=len(lines),
        short_lines=sum(line.status == OrderLine.Status.SHORT for line in lines),
        ordered_units=_sum_units(lines),
        given_units=_sum_units([line for line in lines if line.status in GIVEN]),
    )


def _sum_units(lines: list[OrderLine]) -> Decimal:
    return sum((line.quantity for line in lines), Decimal(0))


def _get_first_signal(order: Order) -> str:
    return next((signal["kind"] for signal in order.signals if signal.get("at")), "")


def _get_pick_time(tasks: list[Task]) -> int | None:
    spans = [task.done_at - task.started_at for task in tasks if task.started_at is not None and task.done_at]
    return round(sum(spans, timedelta()).total_seconds()) if spans else None


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds()) if start and end else None


def _show(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
