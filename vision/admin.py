"""Cameras in the admin: their addresses go in and never come out."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bopis import clock
from vision import addresses
from vision.models import Camera, validate_address

REASONS = {
    "connecting": _("connecting"),
    "no-answer": _("the camera does not answer"),
    "refused": _("nothing listens at this address"),
    "unauthorized": _("the user or the password is wrong"),
    "not-found": _("the camera knows no such stream"),
    "not-rtsp": _("this address speaks something else than RTSP"),
    "no-picture": _("the camera answers, but sends no picture that can be read"),
    "no-file": _("there is no such file"),
    "not-a-video": _("the file is no video"),
    "bad-picture": _("the picture is too large or broken"),
    "frozen": _("the picture stands still"),
    "lost": _("the connection was lost"),
    "ended": _("the file has ended and begins again"),
    "failed": _("the stream cannot be decoded"),
}


MEASURED = ("status_changed_at", "last_frame_at", "frames", "frames_dropped", "reads")


class CameraForm(forms.ModelForm[Camera]):
    """
    The address can be set, not seen: it holds the camera's password. Left empty, it stays as it is.
    """

    new_url = forms.CharField(
        label=_("address"),
        required=False,
        widget=forms.PasswordInput(attrs={"size": 60, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("rtsp://user:password@host/path; leave empty to keep what is set"),
        validators=[validate_address],
    )

    class Meta:
        model = Camera
        fields = ("store", "name", "is_active", "direction", "region", "min_plate_width_px")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.instance.pk and not values.get("new_url") and "new_url" not in self.errors:
            self.add_error("new_url", _("a new camera needs an address"))
        return values

    def save(self, commit: bool = True) -> Camera:
        if self.cleaned_data.get("new_url"):
            self.instance.url = self.cleaned_data["new_url"]
        camera: Camera = super().save(commit=commit)
        return camera


@admin.register(Camera)
class CameraAdmin(admin.ModelAdmin[Camera]):
    """Which cameras a store has and how they are doing."""

    form = CameraForm
    list_display = ("name", "store", "shown_status", "last_frame_at", "reads", "is_active")
    list_filter = ("status", "is_active", "store")
    list_select_related = ("store",)
    search_fields = ("name", "store__code")
    readonly_fields = ("leads_to", "shown_status", *MEASURED)
    fields = (
        *("store", "name", "leads_to", "new_url", "is_active", "direction", "region", "min_plate_width_px"),
        *("shown_status", *MEASURED),
    )

    @admin.display(description=_("address in use"))
    def leads_to(self, camera: Camera) -> str:
        return addresses.describe(camera.url) if camera.url else "-"

    @admin.display(description=_("status"), ordering="status")
    def shown_status(self, camera: Camera) -> str:
        if camera.is_stale(clock.now()):
            return str(_("not watched"))
        status = str(camera.get_status_display())
        if not camera.status_reason:
            return status
        return f"{status}: {REASONS.get(camera.status_reason, camera.status_reason)}"
