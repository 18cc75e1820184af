"""Reconciling: that levels, ledger and open lines tell the same story, to the unit."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True)
class Difference:
    """A stock level that its ledger or its promises do not explain."""

    store_id: int
    product_id: int
    what: str  # "on-hand" or "reserved" against the ledger, "promised" against lines, holds and transfers
    level: Decimal
    explained: Decimal


_LEDGER = """
SELECT level.store_id, level.product_id, level.on_hand, level.reserved,
       COALESCE(SUM(movement.on_hand_change), 0), COALESCE(SUM(movement.reserved_change), 0)
FROM orders_stocklevel AS level
LEFT JOIN orders_stockmovement AS movement USING (store_id, product_id)
GROUP BY level.id
ORDER BY level.id
"""
_PROMISED = """
SELECT level.store_id, level.product_id, level.reserved,
       COALESCE((
           SELECT SUM(line.quantity) FROM orders_orderline AS line
           JOIN orders_order AS o ON o.id = line.order_id
           WHERE o.store_id = level.store_id AND line.product_id = level.product_id
             AND line.status IN ('RESERVED', 'PICKED', 'PACKED')
       ), 0) + COALESCE((
           SELECT SUM(line.quantity) FROM orders_holdline AS line
           JOIN orders_hold AS hold ON hold.id = line.hold_id
           WHERE hold.store_id = level.store_id AND line.product_id = level.product_id
             AND hold.status = 'ACTIVE'
       ), 0) + COALESCE((
           SELECT SUM(line.quantity) FROM orders_transferline AS line
           JOIN orders_transfer AS transfer ON transfer.id = line.transfer_id
           WHERE transfer.source_id = level.store_id AND line.product_id = level.product_id
             AND transfer.status = 'ACCEPTED'
       ), 0)
FROM orders_stocklevel AS level
ORDER BY level.id
"""


def find_differences() -> list[Difference]:
    """
    Return every level that is not what its ledger and its promises add up to; none when all is well.

    Reads one consistent snapshot per statement; run it in a REPEATABLE READ
    transaction to compare both against the same moment.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER)
        for store, product, on_hand, reserved, hand_sum, reserved_sum in cursor.fetchall():
            if on_hand != hand_sum:
                found.append(Difference(store, product, "on-hand", on_hand, hand_sum))
            if reserved != reserved_sum:
                found.append(Difference(store, product, "reserved", reserved, reserved_sum))
        cursor.execute(_PROMISED)
        found += [
            Difference(store, product, "promised", reserved, promised)
            for store, product, reserved, promised in cursor.fetchall()
            if reserved != promised
        ]
    return found
