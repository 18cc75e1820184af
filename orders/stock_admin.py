"""Django admin of stock: the rules that people set, and a look at what services keep."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from bopis import clock
from orders.admin import ReadOnlyAdmin, ReadOnlyInline
from orders.models import Hold, HoldLine, SafetyRule, StockMovement, Transfer, TransferLine
from orders.services import safety


@admin.register(SafetyRule)
class SafetyRuleAdmin(admin.ModelAdmin[SafetyRule]):
    """Every change goes through the service, so that shelves follow and the audit log knows."""

    list_display = ("store", "category", "product", "kind", "amount")
    list_filter = ("kind", "store")
    list_select_related = ("store", "category", "product")
    autocomplete_fields = ("product",)

    def get_readonly_fields(self, request: HttpRequest, obj: SafetyRule | None = None) -> tuple[str, ...]:
        """A rule's scope is what it is; another scope is another rule."""
        return ("store", "category", "product") if obj else ()

    def save_model(self, request: HttpRequest, obj: SafetyRule, form: ModelForm[Any], change: bool) -> None:
        saved = safety.put_rule(
            _get_scope(obj), kind=obj.kind, amount=obj.amount, at=clock.now(), actor=_get_actor(request)
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: SafetyRule) -> None:
        safety.delete_rule(_get_scope(obj), at=clock.now(), actor=_get_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for rule in queryset:
            self.delete_model(request, rule)


class HoldLineInline(ReadOnlyInline):
    """What a hold keeps."""

    model = HoldLine


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Checkouts end their holds, or time does."""

    list_display = ("public_id", "store", "status", "created_at", "expires_at", "actor")
    list_filter = ("status", "store")
    list_select_related = ("store",)
    inlines = (HoldLineInline,)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger: the sums of its changes are the levels."""

    list_display = ("occurred_at", "store", "product", "kind", "on_hand_change", "reserved_change", "actor")
    list_filter = ("kind", "store")
    search_fields = ("product__sku",)
    list_select_related = ("store", "product")
    show_full_result_count = False


class TransferLineInline(ReadOnlyInline):
    """What is sent, and what arrived of it."""

    model = TransferLine


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """The stores move their transfers on by the API."""

    list_display = ("public_id", "source", "target", "status", "requested_at", "status_changed_at")
    list_filter = ("status", "source", "target")
    list_select_related = ("source", "target")
    inlines = (TransferLineInline,)


def _get_scope(rule: SafetyRule) -> safety.Scope:
    return safety.Scope(rule.store_id, rule.category_id, rule.product_id)


def _get_actor(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"
