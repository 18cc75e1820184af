"""The outbox of messages, which becomes their log once they are delivered."""

import json
from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bopis.privacy import EncryptedTextField
from notifications.kinds import Kind


class Channel(models.TextChoices):
    """How a message travels."""

    EMAIL = "EMAIL", _("E-mail")
    CONSOLE = "CONSOLE", _("Console")  # development: one line, no personal data


class State(models.TextChoices):
    """Where a message stands, derived from which of its times is set."""

    WAITING = "WAITING", _("Waiting")
    SENT = "SENT", _("Sent")
    SUPERSEDED = "SUPERSEDED", _("Superseded")  # a newer message made it old news before it left
    GAVE_UP = "GAVE_UP", _("Gave up")


# A message is in exactly one state; the one of these columns that is filled names it.
COLUMN_OF: Mapping[State, str] = {
    State.WAITING: "next_try_at",
    State.SENT: "sent_at",
    State.SUPERSEDED: "superseded_at",
    State.GAVE_UP: "gave_up_at",
}


def in_state(state: State) -> Q:
    """
    Return the condition for a message being in this state and no other.
    """
    return Q(**{f"{column}__isnull": other != state for other, column in COLUMN_OF.items()})


class Message(models.Model):
    """
    One fact told to one customer over one channel.

    The row is written in the transaction of the step it tells of and is the queue: a broker only
    wakes the delivery earlier than the next sweep would.
    """

    kind = models.CharField(_("kind"), max_length=32, choices=Kind)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel)
    language = models.CharField(_("language"), max_length=12)
    address = EncryptedTextField(_("address"), blank=True)
    # Keyed, so that a person's messages can be found for erasure without an address to read.
    address_hash = models.CharField(max_length=64)
    context = EncryptedTextField(_("values"), blank=True)  # JSON object of str to str
    dedupe_key = models.CharField(max_length=200)
    # Plain numbers: orders and stores live in an app above this one.
    store_id = models.BigIntegerField(_("store"), null=True, blank=True)
    order_id = models.BigIntegerField(_("order"), null=True, blank=True)

    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("of use until"))
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)
    gave_up_at = models.DateTimeField(_("gave up"), null=True, blank=True)
    failure = models.CharField(_("last failure"), max_length=200, blank=True)
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key"], name="message_told_once"),
            models.CheckConstraint(
                condition=reduce(or_, (in_state(state) for state in State)),
                name="message_in_one_state",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="message_expires_after_creation"
            ),
        ]
        indexes = [
            # The sweep and the claim look only at rows still owed: however long the log grows,
            # this index holds the backlog alone.
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="message_due"),
            models.Index(fields=["order_id"], name="message_by_order"),
            models.Index(fields=["address_hash"], name="message_by_address"),
            models.Index(fields=["created_at"], name="message_by_creation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of order {self.order_id} (#{self.pk}, {self.state})"

    @property
    def state(self) -> State:
        """Where the message stands."""
        return next(state for state, column in COLUMN_OF.items() if getattr(self, column) is not None)

    def get_values(self) -> dict[str, str]:
        """
        Return the values of the texts; empty once the person was erased.
        """
        values: dict[str, str] = json.loads(self.context or "{}")
        return values
