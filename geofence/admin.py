"""The admin pages of fences, trigger rules and trips; trips can only be looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from geofence.models import Fence, TriggerRule, Trip, TripMinute
from geofence.services import fences


class _SiteAdmin(admin.ModelAdmin[Any]):
    """Tells every process when what trips are measured against has changed."""

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        fences.renew_sites()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        fences.renew_sites()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        fences.renew_sites()


@admin.register(Fence)
class FenceAdmin(_SiteAdmin):
    """Fences as lists of corners; a wrong polygon is refused with the reason."""

    list_display = ("store", "zone", "name", "spot")
    list_display_links = ("zone", "name")
    list_filter = ("store", "zone")
    list_select_related = ("store", "spot")
    ordering = ("store", "zone", "name", "pk")


@admin.register(TriggerRule)
class TriggerRuleAdmin(_SiteAdmin):
    """IF zone AND ETA THEN release the fresh wave, a row a rule."""

    list_display = ("store", "zone", "eta_at_most", "is_active")
    list_display_links = ("store",)
    list_editable = ("zone", "eta_at_most", "is_active")
    list_filter = ("store", "is_active")
    list_select_related = ("store",)
    ordering = ("store", "pk")


class _LookOnly:
    """Trips are made by customers, and by nobody else."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class TripMinuteInline(_LookOnly, admin.TabularInline[TripMinute, Trip]):
    """What was kept of the trip, minute by minute."""

    model = TripMinute
    extra = 0
    fields = ("minute", "zone", "eta_low_s", "eta_high_s", "distance_m")
    ordering = ("minute", "pk")


@admin.register(Trip)
class TripAdmin(_LookOnly, admin.ModelAdmin[Trip]):
    """Trips: consent, state, and the derived minutes; there is nothing here that tells a place."""

    list_display = ("id", "order", "status", "is_sharing", "started_at", "ended_at")
    list_filter = ("status", "is_sharing", "order__store")
    list_select_related = ("order",)
    date_hierarchy = "started_at"
    inlines = (TripMinuteInline,)
    ordering = ("-started_at", "-pk")
