"""The one crossing upward: an order's end, told to the apps above inside the transaction."""

from django.dispatch import Signal

# Sent with order_id: int, visit_id: int | None, reason: "PICKED_UP" | "CANCELED" |
# "EXPIRED" | "REOPENED" | "MOVED" (to another store) | "PART" (the rest is
# collected at another visit), at: datetime. A receiver that raises rolls the step back.
order_closed = Signal()
