"""What may be told to a customer: each kind's values, how long it is news, and what makes it old news."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from bopis.errors import InvalidError


class Kind(models.TextChoices):
    """One fact a customer is told."""

    ORDER_CONFIRMED = "ORDER_CONFIRMED", _("Order confirmed")
    PACKING_STARTED = "PACKING_STARTED", _("Packing started")
    AMBIENT_READY = "AMBIENT_READY", _("First part packed")
    READY = "READY", _("Ready")
    PICKED_UP = "PICKED_UP", _("Picked up")
    CANCELED = "CANCELED", _("Canceled")
    NOT_COLLECTED = "NOT_COLLECTED", _("Not collected yet")
    STILL_WAITING = "STILL_WAITING", _("Still waiting")
    LAST_DAY = "LAST_DAY", _("Last day")
    EXPIRED = "EXPIRED", _("Expired")
    ON_HOLD = "ON_HOLD", _("On hold")
    RESUMED = "RESUMED", _("Goes on")


class InvalidContextError(InvalidError):
    """The values given do not fit the kind of message."""

    code = "invalid-message-context"


@dataclass(frozen=True)
class Rule:
    """
    What one kind of message needs and when it stops being worth sending.

    :ivar required: values that must not be empty.
    :ivar optional: values its texts can do without.
    :ivar superseded_by: kinds that, told later of the same order, make this one untrue or idle.
    :ivar useful_for: how long after the fact it may still be sent.
    """

    required: frozenset[str]
    optional: frozenset[str]
    superseded_by: frozenset[Kind]
    useful_for: timedelta


_BASE = frozenset({"store", "order_code", "tracking_url"})
_NAME = frozenset({"first_name"})  # a customer without a first name is still told

_ENDS = frozenset({Kind.PICKED_UP, Kind.CANCELED, Kind.EXPIRED})
_REMINDERS = (Kind.NOT_COLLECTED, Kind.STILL_WAITING, Kind.LAST_DAY)


def _remind(kind: Kind) -> Rule:
    """A reminder is old news with the next one, and with the order's end or a hold."""
    later = _REMINDERS[_REMINDERS.index(kind) + 1 :]
    return Rule(
        required=_BASE | {"keep_until"},
        optional=_NAME | {"instructions"},
        superseded_by=_ENDS | {Kind.ON_HOLD, *later},
        useful_for=timedelta(hours=12),
    )


RULES: Mapping[Kind, Rule] = {
    Kind.ORDER_CONFIRMED: Rule(
        required=_BASE | {"pickup_code"},
        optional=_NAME | {"instructions"},
        superseded_by=_ENDS,
        useful_for=timedelta(hours=24),
    ),
    Kind.PACKING_STARTED: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=_ENDS | {Kind.AMBIENT_READY, Kind.READY, Kind.ON_HOLD},
        useful_for=timedelta(hours=1),
    ),
    Kind.AMBIENT_READY: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=_ENDS | {Kind.READY, Kind.ON_HOLD},
        useful_for=timedelta(hours=24),
    ),
    Kind.READY: Rule(
        required=_BASE | {"pickup_code"},
        optional=_NAME | {"spot", "instructions"},
        superseded_by=_ENDS | {Kind.ON_HOLD},
        useful_for=timedelta(hours=24),
    ),
    # A voided handover makes the order READY again: "picked up" must not follow it.
    Kind.PICKED_UP: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=frozenset({Kind.READY}),
        useful_for=timedelta(hours=48),
    ),
    Kind.CANCELED: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=frozenset(),
        useful_for=timedelta(hours=48),
    ),
    **{kind: _remind(kind) for kind in _REMINDERS},
    Kind.EXPIRED: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=frozenset(),
        useful_for=timedelta(hours=48),
    ),
    Kind.ON_HOLD: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=_ENDS | {Kind.RESUMED},
        useful_for=timedelta(hours=24),
    ),
    Kind.RESUMED: Rule(
        required=_BASE,
        optional=_NAME,
        superseded_by=_ENDS | {Kind.ON_HOLD},
        useful_for=timedelta(hours=24),
    ),
}

KEYS = frozenset[str]().union(*(rule.required | rule.optional for rule in RULES.values()))


def get_superseded(kind: Kind) -> list[Kind]:
    """
    Return the kinds that become old news once `kind` is told.
    """
    return [older for older, rule in RULES.items() if kind in rule.superseded_by]


def check_context(kind: Kind, context: Mapping[str, str | None]) -> dict[str, str]:
    """
    Return the values that the texts of this kind use, cleaned; others are left out, so that a
    message never stores more about a person than it says.

    :raises InvalidContextError: if a required value is missing or empty, a key is unknown to every
        kind, or the tracking address is no web address.
    """
    rule = RULES[kind]
    unknown = sorted(set(context) - KEYS)
    wanted = sorted(rule.required | rule.optional)
    values = {key: _clean(key, context.get(key) or "") for key in wanted}
    missing = sorted(key for key in rule.required if not values[key])
    if unknown or missing or "first_name" not in context:
        raise InvalidContextError(f"{kind} message: missing {missing}, unknown {unknown}")
    if not values["tracking_url"].startswith(("https://", "http://")):
        raise InvalidContextError(f"{kind} message: the tracking address is no web address")
    return values


def _clean(key: str, value: str) -> str:
    # Values stand in subjects and headers: a line break there would start a header of its own.
    # Only the store's instructions keep their lines.
    if key != "instructions":
        return " ".join(_printable(value).split())
    return "\n".join(" ".join(_printable(line).split()) for line in value.splitlines()).strip()


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
