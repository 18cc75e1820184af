"""Writing messages: once per key, in the transaction of the step they tell of."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from kombu.exceptions import OperationalError

from bopis import audit
from bopis.errors import DomainError
from bopis.inserts import insert_once
from bopis.privacy import keyed_hash
from notifications import rendering, tasks
from notifications.kinds import RULES, Kind, check_context, get_superseded
from notifications.models import Channel, Message, State, in_state

SECOND_PRESS = timedelta(minutes=1)  # nobody has seen the mail yet and misses it again

logger = logging.getLogger(__name__)


class NotSendableError(DomainError):
    """The message cannot be sent again: it still waits, is old news, or its person was erased."""

    code = "not-sendable"


@dataclass(frozen=True)
class Recipient:
    """
    Who is told, and how.

    :ivar channel: one of Channel.
    :ivar address: what the channel needs to reach the customer; the console needs none.
    :ivar language: a language tag; the nearest language that has texts is used.
    """

    channel: str
    address: str
    language: str


def notify(
    *,
    kind: str,
    recipient: Recipient,
    context: Mapping[str, str | None],
    dedupe_key: str,
    store_id: int | None,
    order_id: int | None,
    at: datetime,
) -> Message:
    """
    Write a message in the caller's transaction and wake its delivery after the commit.

    The same dedupe key again changes nothing and returns the message written first. Messages of the
    order that this one makes old news are not sent any more.

    :raises InvalidContextError: if the values do not fit the kind.
    """
    message = Message(
        kind=Kind(kind),
        channel=Channel(recipient.channel),
        language=rendering.get_language(recipient.language),
        address=recipient.address,
        address_hash=hash_address(recipient.address),
        context=json.dumps(check_context(Kind(kind), context), ensure_ascii=False),
        dedupe_key=dedupe_key,
        store_id=store_id,
        order_id=order_id,
        created_at=at,
        expires_at=at + RULES[Kind(kind)].useful_for,
        next_try_at=at,
    )
    return _write(message)


@transaction.atomic
def send_again(*, message_id: int, actor: str, at: datetime) -> Message:
    """
    Write a copy of a message that was sent or given up; the log keeps the first as it was.

    :raises NotSendableError: if it or a copy of it still waits, if it was sent again within the last
        minute, if something newer was told of the order since, or if the person was erased.
    """
    # Locked: of two presses at once the second must look after the first one's copy is there.
    message = Message.objects.select_for_update().get(pk=message_id)
    copies = Message.objects.filter(
        order_id=message.order_id, dedupe_key__startswith=f"{message.dedupe_key}#"
    )
    recent = copies.filter(in_state(State.WAITING) | Q(created_at__gt=at - SECOND_PRESS))
    if message.state not in {State.SENT, State.GAVE_UP} or recent.exists():
        raise NotSendableError(f"message {message_id} is {message.state}, or was sent again just now")
    if not message.context or _newer_news(message).exists():
        raise NotSendableError(f"message {message_id} is old news, or its person was erased")
    copy = Message(
        kind=message.kind,
        channel=message.channel,
        language=message.language,
        address=message.address,
        address_hash=message.address_hash,
        context=message.context,
        dedupe_key=f"{message.dedupe_key}#{copies.count() + 1}",
        store_id=message.store_id,
        order_id=message.order_id,
        created_at=at,
        expires_at=at + RULES[Kind(message.kind)].useful_for,
        next_try_at=at,
    )
    written = _write(copy)
    audit.record(
        actor=actor,
        action="message-sent-again",
        subject=f"message:{message_id}",
        at=at,
        store_id=message.store_id,
    )
    return written


@transaction.atomic
def erase_address(*, address: str, at: datetime) -> int:
    """
    Forget the address and the values of every message to it, and return how many there were.

    What still waited is not sent. Kind, order and times stay: they are the log.
    """
    if not address:
        return 0  # erased rows share the empty hash
    messages = Message.objects.filter(address_hash=hash_address(address))
    messages.filter(in_state(State.WAITING)).update(next_try_at=None, gave_up_at=at, failure="erased")
    return messages.update(address="", context="", address_hash="")


def hash_address(address: str) -> str:
    """
    Return the keyed hash by which the messages to an address are found.
    """
    return keyed_hash(address.strip().casefold(), purpose="message-address") if address else ""


@transaction.atomic(savepoint=False)  # it refuses nothing: there is nothing that a savepoint would undo
def _write(message: Message) -> Message:
    # Not check-then-insert: of two that write one key at once, the second waits for the first
    # transaction to end and then finds its row.
    if not insert_once(message):
        return Message.objects.get(dedupe_key=message.dedupe_key)  # whoever wrote it wakes it, too
    _supersede(message)
    transaction.on_commit(lambda: _wake(message.pk), robust=True)
    return message


def _supersede(message: Message) -> None:
    superseded = get_superseded(Kind(message.kind))
    if message.order_id is None or not superseded:
        return
    # Only older rows: what was told after it stands.
    Message.objects.filter(
        in_state(State.WAITING), order_id=message.order_id, pk__lt=message.pk, kind__in=superseded
    ).update(next_try_at=None, superseded_at=message.created_at)


def _newer_news(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(
        order_id=message.order_id,
        order_id__isnull=False,
        pk__gt=message.pk,
        kind__in=RULES[Kind(message.kind)].superseded_by,
    )


def _wake(message_id: int) -> None:
    try:
        # No retry: the row is the queue, so a broker that is down must not hold up the caller.
        tasks.deliver.apply_async(kwargs={"message_id": message_id}, retry=False)
    except OperationalError:
        logger.warning("message %s waits for the sweep: the broker cannot be reached", message_id)
