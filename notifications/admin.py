"""The message log in the admin: read only, without addresses or texts."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bopis import clock
from notifications import services
from notifications.models import Message, State, in_state


class StateFilter(admin.SimpleListFilter):
    """Filters by where messages stand."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Offer every state."""
        return State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Keep the messages of the state chosen."""
        chosen = self.value()
        return queryset.filter(in_state(State(chosen))) if chosen and chosen in State.values else queryset


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin[Message]):
    """Who was told what, when, and how that went; nothing is edited here."""

    list_display = (
        "pk",
        "kind",
        "channel",
        "language",
        "order_id",
        "store_id",
        "current_state",
        "created_at",
        "sent_at",
        "attempts",
        "failure",
    )
    list_filter = ("kind", StateFilter, "channel", "language")
    search_fields = ("=order_id", "=dedupe_key", "=provider_id")
    search_help_text = _("Order id, dedupe key or the provider's id")
    fields = (
        "kind",
        "channel",
        "language",
        "order_id",
        "store_id",
        "dedupe_key",
        "current_state",
        "created_at",
        "expires_at",
        "next_try_at",
        "attempts",
        "sent_at",
        "superseded_at",
        "gave_up_at",
        "failure",
        "provider_id",
    )
    ordering = ("-created_at", "-pk")
    show_full_result_count = False
    actions = ("send_again",)

    @admin.display(description=_("state"))
    def current_state(self, message: Message) -> str:
        """Where the message stands, in words."""
        return str(message.state.label)

    @admin.action(description=_("Send again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Send copies of the chosen messages, and say which could not be."""
        sent = 0
        for message in queryset.order_by("pk"):
            try:
                services.send_again(message_id=message.pk, actor=f"user:{request.user.pk}", at=clock.now())
                sent += 1
            except services.NotSendableError as error:
                self.message_user(request, error.detail, messages.WARNING)
        if sent:
            text = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", sent)
            self.message_user(request, text % {"count": sent}, messages.SUCCESS)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Sending again needs the right to change messages, though no field can be changed."""
        return request.user.has_perm("notifications.change_message")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Messages are written by steps of orders only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        """The log is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        """The log is not shortened by hand."""
        return False
