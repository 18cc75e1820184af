"""How long ago a store's stock was last heard of: what is said of it is worth no more than that."""

from datetime import datetime, timedelta

from django.db.models import Q

from orders.models import Store

EXACT = timedelta(seconds=30)  # one write to the store's row in this time, however many tills speak


def note_heard(store_id: int, *, at: datetime) -> None:
    """
    Write down that a till or a count of the store has spoken.

    Call it before stock is locked: orders, too, come to the store's row before its stock.
    """
    is_old = Q(stock_heard_at__isnull=True) | Q(stock_heard_at__lt=at - EXACT)
    Store.objects.filter(is_old, pk=store_id).update(stock_heard_at=at)


def is_stale(store: Store, *, at: datetime) -> bool:
    """Return whether the store's stock was heard of too long ago; never, where it sets no limit."""
    if store.stock_fresh_for is None:
        return False
    return store.stock_heard_at is None or at - store.stock_heard_at > store.stock_fresh_for
