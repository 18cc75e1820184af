"""API keys, idempotency records and the audit trail: what every door stands on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bopis.privacy import EncryptedTextField


class ApiKey(models.Model):
    """What an integrator signs its requests with; the secret itself is not here, only its hash."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=8, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(_("scopes"), default=list)
    stores = models.ManyToManyField(
        "orders.Store", blank=True, verbose_name=_("stores"), help_text=_("None chosen means all stores.")
    )
    created_at = models.DateTimeField(_("created at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    def allows(self, scope: str) -> bool:
        """Tell whether the key was given this scope."""
        return scope in self.scopes

    def works_at(self, store_id: int) -> bool:
        """Tell whether the key may act for this store; a key without stores may for all."""
        chosen = set(self.stores.values_list("pk", flat=True))
        return not chosen or store_id in chosen


class IdempotencyRecord(models.Model):
    """One Idempotency-Key of one caller: what was asked, and the answer that was given."""

    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null only inside the command's transaction
    answer = EncryptedTextField(default="")  # it may hold a customer's name
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_once_per_actor")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return f"{self.actor} {self.created_at:%Y-%m-%d %H:%M} ({self.status})"


class AuditEntry(models.Model):
    """
    Who did or saw what, when. Rows are never changed: a trigger refuses it, and the chain shows it.

    Each store has its own chain (0: none), so that stores do not wait for one another.
    """

    chain = models.BigIntegerField()
    sequence = models.BigIntegerField()
    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("actor"), max_length=80)
    action = models.CharField(_("action"), max_length=80)
    subject = models.CharField(_("subject"), max_length=120)
    data = models.JSONField(_("data"), default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="audit_sequence_once_per_chain")
        ]
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_by_subject"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.chain}/{self.sequence} {self.action} {self.subject}"
