"""Payments: what is promised at checkout, taken at handover, and given back; to the cent, each once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from bopis.errors import DomainError, InvalidError
from orders.models import Order, Payment, PaymentEntry, PaymentRequest
from orders.services import holding, settling, steps

Account = PaymentEntry.Account
Status = Payment.Status
Kind = PaymentRequest.Kind
UNDO_WITHIN = timedelta(seconds=10)  # how long a handover can be taken back by who made it


class PaymentDueError(DomainError):
    """The order must be paid before it is handed over."""

    code = "payment-due"
    status = 402


class AuthorizationTooSmallError(InvalidError):
    """Less was authorized than the order costs."""

    code = "authorization-too-small"


class RefundTooLargeError(InvalidError):
    """More would be given back than was taken."""

    code = "refund-too-large"


@dataclass(frozen=True)
class PaymentFacts:
    """
    How a checkout was paid; amounts in minor units of the store's currency.

    :ivar reference: the provider's token for the authorization; empty to pay at pickup.
    """

    reference: str = ""
    authorized_minor: int = 0
    expires_at: datetime | None = None


def open_payment(order: Order, facts: PaymentFacts | None) -> Payment | None:
    """
    Write down how a new order is paid; None if its platform keeps that to itself.

    :raises AuthorizationTooSmallError: if less was authorized than the order costs.
    """
    if facts is None:
        return None
    if not facts.reference:
        return Payment.objects.create(order=order, status=Status.PAY_AT_PICKUP)
    if facts.authorized_minor < order.total_minor:
        raise AuthorizationTooSmallError(
            f"{facts.authorized_minor} was authorized for an order of {order.total_minor}"
        )
    return Payment.objects.create(
        order=order,
        status=Status.AUTHORIZED,
        reference=facts.reference,
        authorized_minor=facts.authorized_minor,
        expires_at=facts.expires_at,
    )


def require_cover(order: Order) -> None:
    """
    Refuse an order that has come to cost more than was authorized; the caller holds its lock.

    :raises AuthorizationTooSmallError: if it has.
    """
    payment = get_payment(order)
    if payment is None or payment.status == Status.PAY_AT_PICKUP:
        return
    covered = payment.captured_minor if payment.status == Status.CAPTURED else payment.authorized_minor
    if covered < order.total_minor:
        raise AuthorizationTooSmallError(f"{covered} was authorized for an order of {order.total_minor}")


def capture(order: Order, *, at: datetime, actor: str) -> None:
    """
    Ask for the price of what is handed over, in the handover's transaction.

    At most what was authorized, less shorts and rejects, which `total_minor` no
    longer counts. The goods are only given against a promise that stands.

    :raises PaymentDueError: if it is to be paid at pickup and was not, or the authorization failed or ended.
    """
    require_payable(order, at=at)
    payment = get_payment(order)
    if payment is None or _is_paid(payment):
        return
    amount = min(order.total_minor, payment.authorized_minor)
    payment.captured_minor = amount
    payment.move_to(Status.CAPTURED)
    payment.save()
    _write(payment, "handed-over", {Account.CUSTOMER: +amount, Account.SALES: -amount}, at)
    _write(payment, "captured", {Account.PROVIDER: +amount, Account.CUSTOMER: -amount}, at)
    # Asked once the handover can no longer be undone, so that an undo costs nobody a fee.
    _ask(payment, Kind.CAPTURE, amount, at, send_at=at + UNDO_WITHIN)
    steps.log(order, "capture-asked", at=at, actor=actor, amount_minor=amount)


def require_payable(order: Order, *, at: datetime) -> None:
    """
    Let goods be given only against money, or a promise of it that stands.

    :raises PaymentDueError: if it is to be paid at pickup and was not, or the authorization failed or ended.
    """
    payment = get_payment(order)
    if payment is None or _is_paid(payment):
        return
    if payment.status != Status.AUTHORIZED or (payment.expires_at and payment.expires_at <= at):
        raise PaymentDueError("the order must be paid first", amount_minor=order.total_minor)


@transaction.atomic
def take_at_pickup(*, order_id: int, at: datetime, actor: str) -> Payment:
    """
    Write down that the order was paid at the till. A repeat changes nothing.

    :raises TransitionError: if it was paid otherwise.
    :raises PaymentDueError: if the order's platform keeps its payment.
    """
    order = steps.lock_order(order_id)
    payment = get_payment(order)
    if payment is None:
        raise PaymentDueError("this order's payment is kept elsewhere")
    if payment.status == Status.CAPTURED and not payment.reference:
        return payment
    if payment.status == Status.AUTHORIZED:  # it ended, or the customer would rather pay here
        _ask(payment, Kind.VOID, payment.authorized_minor, at)
    if payment.status == Status.FAILED:
        payment.move_to(Status.PAY_AT_PICKUP)
    amount = order.total_minor
    payment.move_to(Status.CAPTURED)
    payment.reference, payment.captured_minor = "", amount
    payment.save()
    _write(payment, "handed-over", {Account.CUSTOMER: +amount, Account.SALES: -amount}, at)
    _write(payment, "paid-at-till", {Account.TILL: +amount, Account.CUSTOMER: -amount}, at)
    steps.log(order, "paid-at-pickup", at=at, actor=actor, amount_minor=amount)
    if order.on_hold == Order.OnHold.PAYMENT:
        holding.go_on(order, at=at, actor=actor)
    steps.save(order)
    return payment


def refund(order: Order, amount_minor: int, *, reason: str, at: datetime, actor: str) -> None:
    """
    Give back part of what was taken: a return, a reject, a voided handover; the caller holds the lock.

    :raises RefundTooLargeError: if more would be given back than was taken.
    """
    payment = get_payment(order)
    if payment is None or amount_minor == 0:
        return
    if payment.status not in {Status.CAPTURED, Status.REFUNDED}:
        return  # nothing was taken yet: the smaller total is what will be
    if amount_minor > payment.captured_minor - payment.refunded_minor:
        raise RefundTooLargeError(
            "more than was taken", left_minor=payment.captured_minor - payment.refunded_minor
        )
    payment.refunded_minor += amount_minor
    payment.move_to(Status.REFUNDED)
    payment.save()
    source = Account.PROVIDER if payment.reference else Account.TILL
    _write(payment, reason, {Account.SALES: +amount_minor, Account.CUSTOMER: -amount_minor}, at)
    _write(payment, "refunded", {Account.CUSTOMER: +amount_minor, source: -amount_minor}, at)
    if payment.reference:
        _ask(payment, Kind.REFUND, amount_minor, at)
    steps.log(order, "refund-asked", at=at, actor=actor, amount_minor=amount_minor, reason=reason)


def undo_capture(order: Order, *, at: datetime, actor: str) -> None:
    """
    Take a capture back after an undone handover; the caller holds the lock.

    A capture that was not sent yet never is. One that was is refunded, and the
    order must then be paid again.
    """
    payment = get_payment(order)
    if payment is None or payment.status != Status.CAPTURED or not payment.reference:
        return  # paid at the till: the till's own refund brings the money back
    unsent = payment.requests.filter(kind=Kind.CAPTURE, attempts=0, next_try_at__isnull=False)
    if not unsent.update(next_try_at=None, gave_up_at=at, failure="handover undone"):
        refund(order, payment.captured_minor, reason="handover-undone", at=at, actor=actor)
        return
    amount, payment.captured_minor = payment.captured_minor, 0
    payment.move_to(Status.AUTHORIZED)
    payment.save()
    _write(payment, "handover-undone", {Account.SALES: +amount, Account.CUSTOMER: -amount}, at)
    _write(payment, "capture-undone", {Account.CUSTOMER: +amount, Account.PROVIDER: -amount}, at)


def let_go(order: Order, *, at: datetime) -> None:
    """Give an authorization up that will not be used: the order was canceled or has expired."""
    payment = get_payment(order)
    if payment is not None and payment.status == Status.AUTHORIZED:
        payment.move_to(Status.FAILED)
        payment.save()
        _ask(payment, Kind.VOID, payment.authorized_minor, at)


def settle_end(order: Order, *, given_minor: int, at: datetime, actor: str) -> None:
    """
    Settle an order that ends without all its goods: what was given is paid, all else is not.

    The caller holds the lock. A promise that no longer stands is written down, for people.
    """
    payment = get_payment(order)
    if payment is None:
        return
    if _is_paid(payment):
        rest = payment.captured_minor - payment.refunded_minor - given_minor
        refund(order, max(rest, 0), reason="not-handed-over", at=at, actor=actor)
    elif not given_minor:
        let_go(order, at=at)
    else:
        order.total_minor = given_minor
        order.save(update_fields=["total_minor"])
        try:
            capture(order, at=at, actor=actor)
        except PaymentDueError:
            steps.log(order, "capture-missed", at=at, actor=actor, amount_minor=given_minor)


def get_payment(order: Order) -> Payment | None:
    """Return the order's payment as it is now; the order's lock guards it."""
    return Payment.objects.filter(order=order).first()


def get_balance(payment: Payment) -> dict[str, int]:
    """Return each account's sum; all of them together are zero, and CUSTOMER alone once settled."""
    sums = payment.entries.values_list("account").annotate(total=Sum("amount_minor")).order_by("account")
    return dict(sums)


def _is_paid(payment: Payment) -> bool:
    return payment.status in {Status.CAPTURED, Status.REFUNDED} and (
        payment.refunded_minor < payment.captured_minor or payment.captured_minor == 0
    )


def _write(payment: Payment, reason: str, amounts: Mapping[Account, int], at: datetime) -> None:
    assert sum(amounts.values()) == 0, "an event's entries add up to zero"
    event = uuid.uuid4()
    PaymentEntry.objects.bulk_create(
        PaymentEntry(
            payment=payment,
            event=event,
            account=account,
            amount_minor=amount,
            reason=reason,
            occurred_at=at,
        )
        for account, amount in amounts.items()
    )


def _ask(
    payment: Payment,
    kind: PaymentRequest.Kind,
    amount_minor: int,
    at: datetime,
    *,
    send_at: datetime | None = None,
) -> None:
    request_id = PaymentRequest.objects.create(
        payment=payment,
        kind=kind,
        reference=payment.reference,
        amount_minor=amount_minor,
        created_at=at,
        next_try_at=send_at or at,
    ).pk
    if send_at is None:
        transaction.on_commit(lambda: settling.wake(request_id), robust=True)
