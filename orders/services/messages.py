"""What the customer is told about an order, each thing once."""

from datetime import datetime

from django.conf import settings

from bopis.privacy import sign_token
from notifications import services as notifications
from notifications.kinds import RULES, Kind
from notifications.services import Recipient
from orders.models import Order


def get_tracking_url(order: Order) -> str:
    """Return the customer's link; the token in it is signed, not stored."""
    return f"{settings.BOPIS_PUBLIC_URL}/t/{sign_token(order.public_id, purpose='track')}/"


def tell(order: Order, kind: str, *, at: datetime) -> None:
    """
    Write a message to the customer into the outbox, in the caller's transaction.

    Once per order and kind, however often it is called.
    """
    customer = order.customer
    if customer.email:
        recipient = Recipient(channel="EMAIL", address=customer.email, language=order.language)
    else:
        recipient = Recipient(channel="CONSOLE", address=customer.external_id, language=order.language)
    notifications.notify(
        kind=kind,
        recipient=recipient,
        context=_get_context(order, kind),
        dedupe_key=f"order:{order.pk}:{kind}",
        store_id=order.store_id,
        order_id=order.pk,
        at=at,
    )


def _get_context(order: Order, kind: str) -> dict[str, str]:
    """Return just the values that this kind of message tells."""
    known = {
        "first_name": order.customer.first_name,
        "store": order.store.name,
        "order_code": order.code,
        "tracking_url": get_tracking_url(order),
        "instructions": order.store.pickup_instructions,
        "spot": order.spot.number if order.spot else "",
        "pickup_code": order.pickup_code,
    }
    rule = RULES[Kind(kind)]
    return {key: known[key] for key in rule.required | rule.optional}
