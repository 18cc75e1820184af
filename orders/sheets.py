"""The packing sheet: what to fetch, in the order in which one walks past it."""

import re
from typing import Any

from orders.models import OrderLine, Task
from orders.services.packing import get_lines


def get_lines_by_aisle(task: Task) -> list[OrderLine]:
    """Return the task's lines as one walk: by aisle, then shelf, numbers before letters."""
    lines = get_lines(task).select_related("product__category").prefetch_related("product__barcodes")
    return sorted(
        lines, key=lambda line: (_natural(line.product.aisle), _natural(line.product.shelf), line.pk)
    )


def get_head(task: Task) -> dict[str, Any] | None:
    """Return how the sheet's order is called; a take-out has several orders, and no sheet."""
    if task.order is None:
        return None
    return {
        "id": str(task.order.public_id),
        "code": task.order.code,
        "number": task.order.number,
        "name": task.order.customer.first_name,
    }


def _natural(place: str) -> list[tuple[int, str]]:
    """Sort "B2" before "B10"."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"\d+|\D+", place)]
