"""The stock feed: what changed since a cursor, each level once as it is now, none missed."""

import re
from dataclasses import dataclass

from bopis.errors import InvalidError
from orders.models import StockLevel

MOST = 500
START = "0-0"


class InvalidCursorError(InvalidError):
    """The cursor was not given out by this feed."""

    code = "invalid-cursor"


@dataclass(frozen=True)
class Page:
    """Levels in the order of their last change, and the cursor to ask with next."""

    levels: list[StockLevel]
    cursor: str
    has_more: bool


# A row carries the number of the transaction that changed it last (a trigger
# sees to it). Numbers are given at a transaction's first write, not at its
# commit: only those below the oldest one still running are complete, so the
# feed stops there and misses nothing, whatever commits in which order. Those
# of other databases on the server share the numbers but not our rows: what is
# known to be theirs does not hold the feed back.
_CHANGED = """
    (changed_in, orders_stocklevel.id) > (%s, %s)
    AND changed_in < COALESCE(
        (
            SELECT min(running::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) AS running
            WHERE NOT EXISTS (
                SELECT 1 FROM pg_stat_activity AS other
                WHERE other.datname <> current_database()
                  AND other.backend_xid::text::bigint = (running::text::bigint & 4294967295)
            )
        ),
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    )
"""


def read(*, store_ids: list[int] | None, cursor: str, limit: int = MOST) -> Page:
    """
    Return up to `limit` levels of these stores (None: all) that changed since the cursor.

    The first call gives START and gets everything; a cursor may be used again,
    and gives what changed since then. A level that changed often comes once.

    :raises InvalidCursorError: if the cursor was not given out here.
    """
    match = re.fullmatch(r"(\d{1,18})-(\d{1,18})", cursor)
    if match is None:
        raise InvalidCursorError("this is no cursor of the stock feed", field="since")
    levels = StockLevel.objects.select_related("store", "product").extra(  # noqa: S610
        where=[_CHANGED], params=[int(match[1]), int(match[2])]
    )
    if store_ids is not None:
        levels = levels.filter(store_id__in=store_ids)
    found = list(levels.order_by("changed_in", "pk")[: limit + 1])
    page = found[:limit]
    newest = f"{page[-1].changed_in}-{page[-1].pk}" if page else cursor
    return Page(page, newest, has_more=len(found) > limit)
