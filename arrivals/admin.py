"""Django admin: a read-only look at visits and what they rest on."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from arrivals.models import Arrival, ArrivalOrder, Evidence, ReadCount
from arrivals.wording import get_reason
from orders.admin import ReadOnlyAdmin, ReadOnlyInline


class OrderInline(ReadOnlyInline):
    """The orders that a visit is for."""

    model = ArrivalOrder
    fields = ("order", "is_open", "joined_at")


class EvidenceInline(ReadOnlyInline):
    """What a visit rests on."""

    model = Evidence
    fields = ("observed_at", "kind", "claim", "weight", "why", "spot", "recorded_at", "declined_at")
    readonly_fields = ("why",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("observed_at", "pk")

    @admin.display(description="why")
    def why(self, evidence: Evidence) -> str:
        return get_reason(evidence.reason)


@admin.register(Arrival)
class ArrivalAdmin(ReadOnlyAdmin):
    """Visits, newest first."""

    list_display = ("id", "store", "status", "needs_check", "opened_at", "arrived_at", "arrived_by", "spot")
    list_filter = ("store", "status", "needs_check", "arrived_by")
    list_select_related = ("store", "spot")
    date_hierarchy = "opened_at"
    ordering = ("-opened_at", "-pk")
    inlines = (OrderInline, EvidenceInline)


@admin.register(ReadCount)
class ReadCountAdmin(ReadOnlyAdmin):
    """Plate reads by store and hour."""

    list_display = ("store", "hour", "reads", "matched", "asked", "dropped")
    list_filter = ("store",)
    ordering = ("-hour", "store_id")
