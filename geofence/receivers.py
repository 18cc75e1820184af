"""What follows here when an order ends below."""

from datetime import datetime

from geofence.services import trips


def end_trip(*, order_id: int, reason: str, at: datetime, **signal: object) -> None:
    """
    End the trip and its sharing in the transaction that closed the order.

    A reopened order starts no trip: consent is asked anew.
    """
    if reason != "REOPENED":
        trips.end_trip(order_id=order_id, at=at)
