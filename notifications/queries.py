"""Reading the log: what was told of an order, and how fast messages leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F

from notifications.models import Message


@dataclass(frozen=True)
class Latency:
    """How long messages of one kind took from the fact to the provider's word that it has them."""

    kind: str
    sent: int
    median: timedelta
    p95: timedelta


class _Percentile(Aggregate):
    """PostgreSQL's PERCENTILE_CONT of an interval."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def get_messages(*, order_id: int) -> list[Message]:
    """
    Return every message of an order, in the order they were written.
    """
    return list(Message.objects.filter(order_id=order_id).order_by("created_at", "pk"))


def get_latencies(*, since: datetime, until: datetime, store_id: int | None = None) -> list[Latency]:
    """
    Return the latency of each kind among messages written from `since` to before `until`.

    :param store_id: only this store's; None for all.
    """
    sent = Message.objects.filter(created_at__gte=since, created_at__lt=until, sent_at__isnull=False)
    if store_id is not None:
        sent = sent.filter(store_id=store_id)
    took = ExpressionWrapper(F("sent_at") - F("created_at"), output_field=DurationField())
    rows = (
        sent.values("kind")
        .annotate(sent=Count("pk"), median=_Percentile(took, share=0.5), p95=_Percentile(took, share=0.95))
        .order_by("kind")
    )
    return [Latency(row["kind"], row["sent"], row["median"], row["p95"]) for row in rows]
