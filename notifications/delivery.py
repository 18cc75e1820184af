"""Delivery: claim a due message, send it, and write down how it went."""

import logging
import time
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from notifications import breaker, transports
from notifications.models import Message, State, in_state

# Longer than the delivery task may live (75 s): when it ends, the worker that had the message is
# certainly gone.
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 12  # with the pauses below: about two hours of a peer that says "try later"
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(minutes=20)

logger = logging.getLogger(__name__)


def get_due(*, at: datetime, limit: int = 2_000) -> list[int]:
    """
    Return the ids of messages to send now, longest waiting first.
    """
    due = Message.objects.filter(next_try_at__lte=at).order_by("next_try_at", "pk")
    return list(due.values_list("pk", flat=True)[:limit])


def deliver(*, message_id: int, at: datetime) -> None:
    """
    Send one message if it is due, and write down how it went.

    Safe to run twice, or twice at once: one caller wins the claim. A worker that dies lets its
    lease run out and the message is tried again, so a customer may get it twice if the worker died
    between the provider's answer and the commit; none is lost.
    """
    message = _claim(message_id, at)
    if message is None:
        return
    if message.expires_at <= at or message.attempts > MAX_ATTEMPTS:
        _give_up(message, message.failure or "not sent while it was news", at)
        return
    if pause := breaker.get_pause(message.channel):
        _put_back(message, at + pause)
        return
    _send(message, at)


def _claim(message_id: int, at: datetime) -> Message | None:
    due = Message.objects.filter(pk=message_id, next_try_at__lte=at)
    if not due.update(next_try_at=at + LEASE, attempts=F("attempts") + 1):
        return None
    return Message.objects.get(pk=message_id)


def _send(message: Message, at: datetime) -> None:
    started_s = time.monotonic()
    try:
        provider_id = transports.send(message)
    except transports.TransportError as error:
        _note_failure(message, error, _after(at, started_s))
        return
    breaker.reset(message.channel)
    _note_sent(message, provider_id, _after(at, started_s))


def _after(at: datetime, started_s: float) -> datetime:
    """`at` plus the time that sending took: the doors alone read the clock, a provider may be slow."""
    return at + timedelta(seconds=time.monotonic() - started_s)


def _note_sent(message: Message, provider_id: str, at: datetime) -> None:
    # Whatever happened to the row meanwhile (superseded, claimed anew after the lease): it was sent.
    Message.objects.filter(pk=message.pk, sent_at=None).update(
        next_try_at=None, superseded_at=None, gave_up_at=None, sent_at=at, failure="", provider_id=provider_id
    )
    logger.info("message %s sent kind=%s attempt=%s", message.pk, message.kind, message.attempts)


def _note_failure(message: Message, error: transports.TransportError, at: datetime) -> None:
    if error.is_channel_down:
        breaker.trip(message.channel)
    next_try_at = at + min(FIRST_RETRY * 2 ** (message.attempts - 1), LONGEST_RETRY)
    if error.permanent or message.attempts >= MAX_ATTEMPTS or next_try_at >= message.expires_at:
        _give_up(message, str(error), at)
        return
    _still_mine(message).update(next_try_at=next_try_at, failure=str(error)[:200])
    logger.warning("message %s not sent, tried again at %s: %s", message.pk, next_try_at, error)


def _give_up(message: Message, reason: str, at: datetime) -> None:
    _still_mine(message).update(next_try_at=None, gave_up_at=at, failure=reason[:200])
    logger.warning("message %s given up after %s attempts: %s", message.pk, message.attempts, reason)


def _put_back(message: Message, until: datetime) -> None:
    # Not an attempt: an outage of the provider must not use up what each message has.
    _still_mine(message).update(next_try_at=until, attempts=F("attempts") - 1)


def _still_mine(message: Message) -> QuerySet[Message]:
    """The row, unless its lease ran out and another claimed it, or it was superseded meanwhile."""
    return Message.objects.filter(in_state(State.WAITING), pk=message.pk, attempts=message.attempts)
