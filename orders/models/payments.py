"""Payments: kept by the platform or a provider; here what was promised, taken and given back."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bopis.errors import TransitionError
from orders.models.orders import Order


class Payment(models.Model):
    """How one order is paid. Never a card number: `reference` is the provider's own token."""

    class Status(models.TextChoices):
        AUTHORIZED = "AUTHORIZED", _("Authorized")
        PAY_AT_PICKUP = "PAY_AT_PICKUP", _("Pay at pickup")
        CAPTURED = "CAPTURED", _("Captured")
        REFUNDED = "REFUNDED", _("Refunded")  # in part or whole: `refunded_minor` says
        FAILED = "FAILED", _("Failed")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.AUTHORIZED: frozenset({Status.CAPTURED, Status.FAILED}),
        Status.PAY_AT_PICKUP: frozenset({Status.CAPTURED}),  # paid at the till, or by another way
        # Back to AUTHORIZED: the handover was undone before the provider was asked.
        Status.CAPTURED: frozenset({Status.REFUNDED, Status.AUTHORIZED}),
        Status.REFUNDED: frozenset({Status.REFUNDED}),
        Status.FAILED: frozenset({Status.AUTHORIZED, Status.PAY_AT_PICKUP}),  # another attempt
    }

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="payment")
    status = models.CharField(_("status"), max_length=14, choices=Status)
    reference = models.CharField(_("provider's reference"), max_length=120, blank=True)
    authorized_minor = models.PositiveBigIntegerField(_("authorized"), default=0)
    captured_minor = models.PositiveBigIntegerField(_("captured"), default=0)
    refunded_minor = models.PositiveBigIntegerField(_("refunded"), default=0)
    expires_at = models.DateTimeField(_("authorization ends"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["AUTHORIZED", "PAY_AT_PICKUP", "CAPTURED", "REFUNDED", "FAILED"]),
                name="payment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("captured_minor")), name="payment_refunds_what_was_captured"
            ),
            # Money taken at the till was never authorized: it has no reference.
            models.CheckConstraint(
                condition=Q(reference="") | Q(captured_minor__lte=F("authorized_minor")),
                name="payment_captures_what_was_authorized",
            ),
        ]

    def __str__(self) -> str:
        return f"payment of order {self.order_id} ({self.status})"

    def move_to(self, status: Status) -> None:
        """
        Set the status in memory; the caller holds the order's lock and saves.

        :raises TransitionError: if TRANSITIONS has no such step.
        """
        if status not in self.TRANSITIONS.get(self.status, frozenset()):
            raise TransitionError(f"payment {self.pk} is {self.status}: cannot become {status}")
        self.status = status


class PaymentEntry(models.Model):
    """
    One line of the payment ledger. The entries of one event add up to zero.

    CUSTOMER is what the customer owes; SALES what the goods are worth; PROVIDER
    what the provider took or gave back; TILL the same at the till; DEPOSIT what
    is owed for returned cores.
    """

    class Account(models.TextChoices):
        CUSTOMER = "CUSTOMER", _("customer")
        SALES = "SALES", _("sales")
        PROVIDER = "PROVIDER", _("provider")
        TILL = "TILL", _("till")
        DEPOSIT = "DEPOSIT", _("deposit")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    event = models.UUIDField(default=uuid.uuid4)
    account = models.CharField(max_length=8, choices=Account)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=40)  # kebab-case
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "account"], name="payment_entry_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor:+} ({self.reason})"


class PaymentRequest(models.Model):
    """
    What the provider is asked to do: written in the step's transaction, sent after it.

    The row is the queue; `key` makes the provider do it once however often it is sent.
    """

    class Kind(models.TextChoices):
        CAPTURE = "CAPTURE", _("capture")
        REFUND = "REFUND", _("refund")
        VOID = "VOID", _("void")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=8, choices=Kind)
    reference = models.CharField(max_length=120)  # as it was then: paying at the till drops it
    amount_minor = models.PositiveBigIntegerField()
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)  # null: done, or given up
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("payment request")
        verbose_name_plural = _("payment requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["CAPTURE", "REFUND", "VOID"]), name="payment_request_kind_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="payment_request_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} of payment {self.payment_id}"
