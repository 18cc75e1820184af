"""Settling: asking the provider for what the rows say, until it is done or cannot be."""

import logging
from datetime import datetime, timedelta

from celery import current_app
from django.db.models import F

from orders import providers
from orders.models import PaymentRequest

LEASE = timedelta(minutes=1)  # longer than the provider's timeout
MAX_ATTEMPTS = 12
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=1)

logger = logging.getLogger(__name__)


def wake(request_id: int) -> None:
    """Ask a worker to send one request now; a lost wake-up heals at the next sweep."""
    current_app.send_task("orders.tasks.settle", kwargs={"request_id": request_id})


def get_due(*, at: datetime, limit: int = 500) -> list[int]:
    """Return the ids of requests to send now, longest waiting first."""
    due = PaymentRequest.objects.filter(next_try_at__lte=at).order_by("next_try_at", "pk")
    return list(due.values_list("pk", flat=True)[:limit])


def settle(*, request_id: int, at: datetime) -> None:
    """
    Send one due request and write down how it went.

    Safe to run twice, or twice at once: the update below is the claim. A worker
    that dies lets the lease run out; the provider does the same key once.
    """
    due = PaymentRequest.objects.filter(pk=request_id, next_try_at__lte=at)
    if not due.update(next_try_at=at + LEASE, attempts=F("attempts") + 1):
        return
    request = PaymentRequest.objects.select_related("payment__order__store").get(pk=request_id)
    provider = providers.get_provider()
    if provider is None:
        _note_failure(request, providers.ProviderError("no payment provider is configured"), at)
        return
    try:
        provider_id = provider.ask(_instruct(request))
    except providers.ProviderError as error:
        _note_failure(request, error, at)
    else:
        PaymentRequest.objects.filter(pk=request.pk).update(
            next_try_at=None, done_at=at, failure="", provider_id=provider_id
        )
        logger.info("payment request %s done kind=%s attempt=%s", request.pk, request.kind, request.attempts)


def _instruct(request: PaymentRequest) -> providers.Instruction:
    return providers.Instruction(
        verb=request.kind.lower(),
        reference=request.reference,
        amount_minor=request.amount_minor,
        currency=request.payment.order.store.currency,
        key=request.key,
    )


def _note_failure(request: PaymentRequest, error: providers.ProviderError, at: datetime) -> None:
    gives_up = error.permanent or request.attempts >= MAX_ATTEMPTS
    pause = min(FIRST_RETRY * 2 ** (request.attempts - 1), LONGEST_RETRY)
    PaymentRequest.objects.filter(pk=request.pk).update(
        next_try_at=None if gives_up else at + pause,
        gave_up_at=at if gives_up else None,
        failure=str(error)[:200],
    )
    logger.warning("payment request %s not done (gives_up=%s): %s", request.pk, gives_up, error)
