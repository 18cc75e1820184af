"""Who else may collect an order: named, with a link of their own that can be taken back."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bopis.privacy import EncryptedTextField
from orders.models.orders import Order


class Delegate(models.Model):
    """
    A person whom the customer sends.

    Their link is signed over `public_id`; it shows the status and the pickup code, and
    neither prices nor what is in the bags.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="delegates")
    name = EncryptedTextField(_("name"))  # whom the associate asks for
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(null=True, blank=True)  # since then they know the code

    class Meta:
        verbose_name = _("delegate")
        verbose_name_plural = _("delegates")
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="delegate_has_time"),
        ]

    def __str__(self) -> str:
        return f"delegate {self.public_id} of order {self.order_id}"

    def is_valid(self, at: datetime) -> bool:
        """Whether the link still opens."""
        return self.revoked_at is None and at < self.expires_at
