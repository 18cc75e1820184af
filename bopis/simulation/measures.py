"""What came of it, timed from the ground truth of entering the lot."""

from collections.abc import Iterable, Sequence
from statistics import fmean, median, quantiles
from typing import Any

from arrivals.models import ArrivalOrder
from bopis.simulation.play import Player
from bopis.simulation.world import Visit
from orders.models import Order, Task


def measure(visits: Iterable[Visit], player: Player) -> dict[str, Any]:
    """
    Return the figures of a run; durations in seconds, shares from 0 to 1.

    `packing_wait`: entering the lot to the last goods packed, 0 if packed before. `wait`:
    entering the lot to handover. `out_of_fridge`: start of the fresh wave to handover.
    """
    rows = [_describe(visit, player) for visit in visits]
    waits = [row["wait_s"] for row in rows if row["wait_s"] is not None]
    fresh = [row for row in rows if row["out_of_fridge_s"] is not None]
    warned = [row for row in fresh if row["warning_s"] >= 8 * 60]
    return {
        "visits": len(rows),
        "handed_over": len(waits),
        "packing_wait_mean_s": round(fmean(row["packing_wait_s"] for row in rows), 1),
        "wait_median_s": round(median(waits), 1),
        "wait_p90_s": _p(waits, 90),
        "fresh_ready_at_arrival": _share(row["packing_wait_s"] == 0 for row in warned),
        "out_of_fridge_p95_s": _p([row["out_of_fridge_s"] for row in fresh], 95),
        "split_or_doubled": _count_split(player),
    }


def _describe(visit: Visit, player: Player) -> dict[str, Any]:
    order = Order.objects.get(pk=player.orders[visit.number].pk)
    handed_at = player.crew.handed_over.get(order.pk)
    wave = order.tasks.filter(kind=Task.Kind.PACK_FRESH).first()
    ready_at = order.ready_at or handed_at or visit.enters_at
    first_word_at = visit.on_my_way_at or visit.read_at
    return {
        "packing_wait_s": max(0.0, (ready_at - visit.enters_at).total_seconds()),
        "wait_s": (handed_at - visit.enters_at).total_seconds() if handed_at else None,
        "out_of_fridge_s": (handed_at - wave.started_at).total_seconds()
        if wave and wave.started_at and handed_at
        else None,
        "warning_s": (visit.enters_at - first_word_at).total_seconds(),
    }


def _count_split(player: Player) -> int:
    """How many orders have more than one visit; in this world each has just one."""
    orders = [order.pk for order in player.orders.values()]
    visits = ArrivalOrder.objects.filter(order__in=orders).values_list("order_id", flat=True)
    return len(visits) - len(set(visits))


def _p(values: Sequence[float], percent: int) -> float | None:
    return round(quantiles(values, n=100)[percent - 1], 1) if len(values) > 1 else None


def _share(flags: Iterable[bool]) -> float | None:
    known = list(flags)
    return round(sum(known) / len(known), 3) if known else None
