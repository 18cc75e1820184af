"""What the demo measures: when the store's board, the customer's page and the renderer saw what."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from bopis.demo.customers import Visit
from bopis.demo.sockets import Board, Json, Seen, find_task

RECOGNISED_BY = {"PLATE": "plate", "POSITION": "position", "ETA": "position", "TAP": "tap"}


@dataclass(frozen=True)
class Release:
    """The moment at which the board first showed an order's fresh wave as work to do."""

    seen: Seen
    trigger: str


class Watch:
    """Looks at a board and keeps the release of each order's fresh wave."""

    def __init__(self, board: Board) -> None:
        self.releases: dict[str, Release] = {}
        self.lanes: dict[str, list[str]] = {}
        board.watchers.append(self._look)

    def _look(self, before: Json | None, card: Json, seen: Seen) -> None:
        lanes = self.lanes.setdefault(card["order"], [])
        if card["lane"] not in lanes:
            lanes.append(card["lane"])
        task = find_task(card, "PACK_FRESH")
        if task is not None and task["status"] != "WAITING" and card["order"] not in self.releases:
            self.releases[card["order"]] = Release(seen, task["trigger"])


def get_plate_to_task_ms(visit: Visit, release: Release | None) -> float | None:
    """
    Return how long after the plate was first readable the board showed the task; None by other triggers.
    """
    if release is None or release.trigger != "PLATE" or visit.sighting is None:
        return None
    readable_at_s = visit.sighting.readable_at_s
    return None if readable_at_s is None else (release.seen.at_s - readable_at_s) * 1e3


def get_ping_to_task_ms(visit: Visit, release: Release | None) -> float | None:
    """
    Return how long after a ping was sent the board showed the task that it released.

    None if no ping did: another sense was first, or a planned moment came between two pings.
    """
    if release is None or RECOGNISED_BY.get(release.trigger) != "position":
        return None
    before = [ping for ping in visit.pings if ping.sent_at_s <= release.seen.at_s]
    if not before or release.seen.at_s - before[-1].sent_at_s > 1.0:
        return None
    return (release.seen.at_s - before[-1].sent_at_s) * 1e3


def get_start_to_customer_ms(visit: Visit) -> float | None:
    """Return how long after start was pressed for the fresh wave the customer's page named the packer."""
    pressed_at_s = visit.fresh_start_pressed_at_s
    if pressed_at_s is None:
        return None
    shown = [
        seen.at_s
        for seen in visit.page.seen
        if seen.at_s >= pressed_at_s and seen.message["type"] == "state" and seen.message["state"]["packer"]
    ]
    return (shown[0] - pressed_at_s) * 1e3 if shown else None


def get_median(values: Iterable[float | None]) -> float | None:
    """Return the median of those that were measured, to a tenth; None if none was."""
    known = [value for value in values if value is not None]
    return round(median(known), 1) if known else None
