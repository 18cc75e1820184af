"""The reasons of evidence and of checks, in words for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "plate-exact": _("plate read, every character fits"),
    "plate-look-alike": _("plate read, only easily confused characters differ"),
    "plate-close": _("plate read, nearly fits and nobody else's does"),
    "plate-partial": _("plate read in part, the rest fits"),
    "plate-shared": _("plate read, two customers expect this car"),
    "plate-ambiguous": _("plate read, it may be one of several expected"),
    "plate-confirmed": _("an associate said that this is the car"),
    "plate-leaving": _("plate read at the exit"),
    "position-near": _("position near the store"),
    "position-away": _("position away from the store"),
    "position-on-lot": _("position on the lot"),
    "position-off-lot": _("position off the lot"),
    "position-in-bay": _("position in the bay"),
    "position-out-of-bay": _("position out of the bay"),
    "tap": _("said “I'm here”"),
    "tap-from-afar": _("said “I'm here” while the position was minutes away"),
    "associate": _("an associate saw the customer"),
    "on-my-way": _("said “I'm on my way”"),
    "eta": _("position on the way"),
}
CHECKS: dict[str, Promise] = {
    "spots-differ": _("the customer named one bay, the position is in another"),
    "off-lot": _("the position left the lot, but the customer was here"),
    "tapped-from-afar": _("“I'm here” was pressed while the position was minutes away"),
    "two-stores": _("the same customer was seen at two stores"),
    "bay-taken": _("another customer has this bay"),
}


def get_reason(code: str) -> str:
    """Return a reason in words, in the reader's language."""
    return str(REASONS.get(code, code))


def get_check(code: str) -> str:
    """Return what does not agree in words, in the reader's language."""
    return str(CHECKS.get(code, code))
