"""Django admin for what a store is made of, and a read-only look at its orders."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from orders.models import (
    Barcode,
    Category,
    Customer,
    Delegate,
    Handover,
    Order,
    OrderEvent,
    OrderLine,
    PickupSpot,
    Price,
    Product,
    Return,
    StaffMember,
    StockLevel,
    Store,
    Task,
    Vehicle,
)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only services change: admins look, and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SpotInline(admin.TabularInline[PickupSpot, Store]):
    model = PickupSpot
    extra = 0


class StaffInline(admin.TabularInline[StaffMember, Store]):
    model = StaffMember
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Store)
class StoreAdmin(admin.ModelAdmin[Store]):
    list_display = ("code", "name", "time_zone", "currency", "is_open")
    list_filter = ("is_open", "time_zone")
    search_fields = ("code", "name")
    inlines = (SpotInline, StaffInline)


@admin.register(PickupSpot)
class PickupSpotAdmin(admin.ModelAdmin[PickupSpot]):
    list_display = ("store", "kind", "number", "is_accessible", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("number", "store__code", "store__name")
    list_select_related = ("store",)


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    """A new kind of product, and what is to be said of it, without a migration."""

    list_display = ("code", "name", "min_age", "needs_identity", "is_prescription")
    search_fields = ("code", "name")


class BarcodeInline(admin.TabularInline[Barcode, Product]):
    model = Barcode
    extra = 0


class PriceInline(admin.TabularInline[Price, Product]):
    model = Price
    extra = 0


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    list_display = ("sku", "name", "zone", "aisle", "shelf", "price_minor", "is_active")
    list_filter = ("zone", "unit", "is_active")
    search_fields = ("sku", "name", "barcode", "barcodes__code")
    autocomplete_fields = ("category",)
    inlines = (BarcodeInline, PriceInline)


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """Changed only through the stock API, so that the ledger explains every unit."""

    list_display = ("store", "product", "on_hand", "reserved", "safety_stock", "available", "deficit")
    list_filter = ("store",)
    search_fields = ("product__sku", "product__name")
    list_select_related = ("store", "product")


class VehicleInline(ReadOnlyInline):
    model = Vehicle
    fields = ("description", "plate_tail", "plate_consent_at")
    readonly_fields = fields


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("external_id", "first_name", "language")
    search_fields = ("external_id",)
    fields = ("external_id", "first_name", "language")
    inlines = (VehicleInline,)


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("product", "quantity", "wave", "status", "price_minor")
    readonly_fields = fields


class TaskInline(ReadOnlyInline):
    model = Task
    fields = ("kind", "status", "trigger", "associate", "place", "due_at", "started_at", "done_at")
    readonly_fields = fields


class EventInline(ReadOnlyInline):
    model = OrderEvent
    fields = ("occurred_at", "kind", "actor", "data")
    readonly_fields = fields
    ordering = ("pk",)


class HandoverInline(ReadOnlyInline):
    model = Handover
    fields = ("at", "method", "is_part", "associate", "wait", "reason", "voided_at")
    readonly_fields = fields


class ReturnInline(ReadOnlyInline):
    model = Return
    fk_name = "order"
    fields = ("at", "line", "reason", "condition", "disposition", "refund_minor", "exchanged_for", "actor")
    readonly_fields = fields


class DelegateInline(ReadOnlyInline):
    """Who else may collect; their names are for the handover, not for the admin."""

    model = Delegate
    fields = ("created_at", "expires_at", "first_seen_at", "revoked_at")
    readonly_fields = fields


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """An order with its lines, work and whole history; the pickup code is never shown."""

    list_display = ("number", "code", "store", "status", "window_start", "customer_arrived_at")
    list_filter = ("status", "store")
    search_fields = ("number", "code")
    date_hierarchy = "placed_at"
    list_select_related = ("store",)
    fields = (
        ("number", "code", "status"),
        ("store", "customer", "vehicle"),
        ("placed_at", "window_start", "window_end"),
        ("ambient_ready_at", "ready_at", "customer_arrived_at"),
        ("on_hold", "on_hold_at", "keep_until", "extended_at"),
        ("total_minor", "language", "failed_codes", "promo_codes"),
    )
    inlines = (LineInline, TaskInline, HandoverInline, ReturnInline, DelegateInline, EventInline)


# Last, for it builds on what is above; Django itself looks into this module only.
from orders import stock_admin  # noqa: E402, F401
