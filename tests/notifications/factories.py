"""Named people and the messages they get."""

from datetime import UTC, datetime

from notifications import services
from notifications.models import Message
from notifications.services import Recipient

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ANA = Recipient(channel="EMAIL", address="ana@example.com", language="en")
BEN = Recipient(channel="CONSOLE", address="customer-2", language="fr")
URL = "https://shop.example/t/abc123/"
CONTEXT = {
    "first_name": "Ana",
    "store": "Lyon Est",
    "order_code": "K7F",
    "tracking_url": URL,
    "pickup_code": "7HQ4KM",
    "spot": "4",
    "keep_until": "Nov. 24, 2026, 3 p.m.",
    "instructions": "Turn left after the gate.\nBays 1 to 8.",
}


def tell(kind: str = "READY", *, recipient=ANA, order_id=1, at=NOON, key=None, context=None) -> Message:
    return services.notify(
        kind=kind,
        recipient=recipient,
        context=CONTEXT if context is None else context,
        dedupe_key=key or f"order:{order_id}:{kind}",
        store_id=7,
        order_id=order_id,
        at=at,
    )
