"""The cameras of the stores."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bopis.privacy import EncryptedTextField
from vision import addresses

STALE_AFTER = timedelta(seconds=30)  # the watch writes every few seconds while pictures come


def validate_address(url: str) -> None:
    """
    Accept what a camera's address may be.

    :raises ValidationError: for anything else, without repeating it.
    """
    try:
        addresses.check(url, clips=settings.BOPIS_CLIPS)
    except addresses.CameraAddressError as error:
        raise ValidationError(error.detail, code=error.code) from None


def validate_region(region: object) -> None:
    """
    Accept a polygon of three or more corners, [x, y] each, as shares of the picture's width and height.

    :raises ValidationError: for anything else; an empty list is the whole picture.
    """
    corners: list[object] = region if isinstance(region, list) else [None]
    for corner in corners:
        pair = corner if isinstance(corner, list) else []
        if len(pair) != 2 or not all(isinstance(n, int | float) and 0 <= n <= 1 for n in pair):
            raise ValidationError(_("a region is a list of [x, y] corners, each from 0 to 1"))
    if 0 < len(corners) < 3 or len(corners) > 50:
        raise ValidationError(_("a region has 3 to 50 corners, or none"))


class Camera(models.Model):
    """One camera of a store, what it looks at, and how it is doing."""

    class Status(models.TextChoices):
        UNKNOWN = "UNKNOWN", _("unknown")  # nobody has watched it yet
        ONLINE = "ONLINE", _("online")
        OFFLINE = "OFFLINE", _("offline")

    class Direction(models.TextChoices):
        IN = "IN", _("in")
        OUT = "OUT", _("out")
        BOTH = "BOTH", _("both")

    store = models.ForeignKey("orders.Store", on_delete=models.CASCADE, related_name="cameras")
    name = models.CharField(_("name"), max_length=60)
    url = EncryptedTextField(_("address"), validators=[validate_address])  # with its user and password
    is_active = models.BooleanField(_("in use"), default=True)
    direction = models.CharField(_("direction"), max_length=4, choices=Direction, default=Direction.IN)
    region = models.JSONField(_("region of interest"), default=list, blank=True, validators=[validate_region])
    min_plate_width_px = models.PositiveSmallIntegerField(
        _("narrowest plate"),
        default=56,
        validators=[MinValueValidator(30), MaxValueValidator(400)],
        help_text=_("plates narrower than this many pixels are not read"),
    )
    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.UNKNOWN, editable=False
    )
    status_reason = models.CharField(_("reason"), max_length=80, blank=True, editable=False)
    status_changed_at = models.DateTimeField(_("status since"), null=True, editable=False)
    last_frame_at = models.DateTimeField(_("last picture"), null=True, editable=False)
    frames = models.BigIntegerField(_("pictures"), default=0, editable=False)
    frames_dropped = models.BigIntegerField(_("pictures dropped"), default=0, editable=False)
    reads = models.BigIntegerField(_("plates read"), default=0, editable=False)

    class Meta:
        verbose_name = _("camera")
        verbose_name_plural = _("cameras")
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="camera_name_once_per_store"),
            models.CheckConstraint(
                condition=Q(status__in=["UNKNOWN", "ONLINE", "OFFLINE"]), name="camera_status_known"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["IN", "OUT", "BOTH"]), name="camera_direction_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (#{self.pk}, {self.status})"

    def is_stale(self, at: datetime) -> bool:
        """Return whether the status is old news: nobody watches the camera any more."""
        is_old = self.last_frame_at is None or at - self.last_frame_at > STALE_AFTER
        return self.status == self.Status.ONLINE and is_old
