"""What the customer is told about an order, each thing once."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, timezone, translation

from bopis.privacy import sign_token
from notifications import rendering
from notifications import services as notifications
from notifications.kinds import RULES, Kind
from notifications.services import Recipient
from orders.models import Order


def get_tracking_url(order: Order) -> str:
    """Return the customer's link; the token in it is signed, not stored."""
    return f"{settings.BOPIS_PUBLIC_URL}/t/{sign_token(order.public_id, purpose='track')}/"


def tell(order: Order, kind: str, *, at: datetime, about: str = "") -> None:
    """
    Write a message to the customer into the outbox, in the caller's transaction.

    Once per order, kind and what it is about, however often it is called.
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
        dedupe_key=f"order:{order.pk}:{kind}" + (f":{about}" if about else ""),
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
        "keep_until": _format(order.keep_until, order),
    }
    rule = RULES[Kind(kind)]
    return {key: known[key] for key in rule.required | rule.optional}


def _format(moment: datetime | None, order: Order) -> str:
    """Write a moment as the customer reads it: their language, the store's time."""
    if moment is None:
        return ""
    local = timezone.localtime(moment, ZoneInfo(order.store.time_zone))
    with translation.override(rendering.get_language(order.language)):
        return formats.date_format(local, "DATETIME_FORMAT")
