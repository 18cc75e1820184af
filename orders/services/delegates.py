"""Sending somebody else: a link of their own, that shows less and can be taken back."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from bopis import audit
from bopis.errors import DomainError, InvalidError, NotFoundError, TransitionError
from bopis.privacy import read_token, sign_token
from orders.models import Delegate, Order
from orders.services import placing, steps

MOST = 5  # links of one order at a time
LONGEST = timedelta(days=14)


class DelegateNotFoundError(NotFoundError):
    """No such link, or it was taken back, or its time is over: one answer for all."""

    code = "delegate-not-found"


class TooManyDelegatesError(DomainError):
    """The order has as many links as it may: take one back first."""

    code = "too-many-delegates"


def get_url(delegate: Delegate) -> str:
    """Return the delegate's link; the token in it is signed, not stored."""
    return f"{settings.BOPIS_PUBLIC_URL}/d/{get_token(delegate)}/"


def get_token(delegate: Delegate) -> str:
    """Return what opens the delegate's view of the order."""
    return sign_token(delegate.public_id, purpose="delegate")


@transaction.atomic
def invite(*, order_id: int, name: str, expires_at: datetime | None, at: datetime, actor: str) -> Delegate:
    """
    Let a named person collect the order with a link of their own. Every call makes another link.

    :param expires_at: at most two weeks from now; None: as long as the goods are kept.
    :raises TransitionError: if the order is closed.
    :raises InvalidError: if no name is given, or the link would be over already or last too long.
    :raises TooManyDelegatesError: if the order has five links that open.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        raise TransitionError(f"order {order.number} is {order.status}: nobody can be sent")
    if not name.strip():
        raise InvalidError("name who comes", field="name")
    expires_at = expires_at or min(order.keep_until or at + LONGEST, at + LONGEST)
    if not at < expires_at <= at + LONGEST:
        raise InvalidError("a link ends in the future, within two weeks", field="expires_at")
    if sum(delegate.is_valid(at) for delegate in order.delegates.all()) >= MOST:
        raise TooManyDelegatesError("take a link back first")
    made = Delegate.objects.create(order=order, name=name.strip(), created_at=at, expires_at=expires_at)
    steps.log(order, "delegate-invited", at=at, actor=actor, delegate=made.pk)
    steps.save(order)
    _audit(made, "delegate-invited", at, actor)
    return made


@transaction.atomic
def revoke(*, order_id: int, public_id: uuid.UUID, at: datetime, actor: str) -> Delegate:
    """
    Take a link back. Who has seen the pickup code gets nothing for it any more: there is a new one.

    A repeat changes nothing.

    :raises DelegateNotFoundError: if the order has no such link.
    """
    order = steps.lock_order(order_id)
    delegate = order.delegates.filter(public_id=public_id).first()
    if delegate is None:
        raise DelegateNotFoundError("no such link")
    if delegate.revoked_at is not None:
        return delegate
    delegate.revoked_at = at
    delegate.save(update_fields=["revoked_at"])
    if delegate.first_seen_at is not None and order.is_open:
        order.pickup_code = placing.draw_code(placing.PICKUP_CODE_LENGTH)
    steps.log(order, "delegate-revoked", at=at, actor=actor, delegate=delegate.pk)
    steps.save(order, "pickup_code")
    _audit(delegate, "delegate-revoked", at, actor)
    return delegate


@transaction.atomic
def look(*, token: str, at: datetime) -> Delegate:
    """
    Return whose link this is; the first look is written down.

    :raises InvalidTokenError: if the token was not made here.
    :raises DelegateNotFoundError: if it was taken back, or its time is over.
    """
    public_id = read_token(token, purpose="delegate")
    delegate = Delegate.objects.select_related("order").filter(public_id=public_id).first()
    if delegate is None or not delegate.is_valid(at):
        raise DelegateNotFoundError("this link is not valid any more")
    if Delegate.objects.filter(pk=delegate.pk, first_seen_at=None).update(first_seen_at=at):
        _audit(delegate, "delegate-looked", at, f"delegate:{delegate.pk}")
    return delegate


def _audit(delegate: Delegate, action: str, at: datetime, actor: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"order:{delegate.order_id}",
        at=at,
        store_id=Order.objects.values_list("store_id", flat=True).get(pk=delegate.order_id),
        delegate=delegate.pk,
    )
