"""Admin pages of API keys and the audit trail; no page ever shows a secret."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bopis import audit, clock
from bopis.models import ApiKey, AuditEntry


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """Keys are made on the command line, which shows the secret once; here they are seen and revoked."""

    list_display = ["name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["revoked_at"]
    search_fields = ["name", "prefix"]
    fields = ["name", "prefix", "scopes", "stores", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    filter_horizontal = ["stores"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # the audit trail names keys by their number

    @admin.action(description=_("Revoke: the key stops working at once, for good"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        now = clock.now()
        for key in queryset.filter(revoked_at=None):
            ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
            audit.record(
                actor=f"user:{request.user.pk}", action="api-key-revoked", subject=f"key:{key.pk}", at=now
            )


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    """The trail, to be read only; the database refuses the rest as well."""

    list_display = ["at", "chain", "actor", "action", "subject"]
    list_filter = ["action"]
    search_fields = ["subject", "actor"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False  # counting a table that only grows is slow

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
