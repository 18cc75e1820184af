"""Where evidence comes from and what it says, in words for people."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """Where evidence comes from."""

    PLATE = "PLATE", _("plate")
    CROSSING = "CROSSING", _("position")
    TAP = "TAP", _("“I'm here”")
    BAY_CODE = "BAY_CODE", _("bay code")
    ASSOCIATE = "ASSOCIATE", _("associate")
    ON_MY_WAY = "ON_MY_WAY", _("“I'm on my way”")
    ETA = "ETA", _("ETA")


class Claim(models.TextChoices):
    """What evidence says of the customer."""

    COMING = "COMING", _("coming")
    NEAR = "NEAR", _("near the store")
    HERE = "HERE", _("on the lot")
    OFF_LOT = "OFF_LOT", _("off the lot")
    AWAY = "AWAY", _("away")
