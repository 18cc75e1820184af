"""When a store's trigger rule holds; knows no framework, so that recorded days can be replayed on it."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """
    IF the trip is in `zone` AND its ETA is at most `eta_at_most_s`; None leaves that half out.
    """

    rule_id: int
    zone: str | None
    eta_at_most_s: float | None


def holds(rule: Rule, *, zones: Collection[str], eta_s: float | None) -> bool:
    """
    Tell whether the rule holds for a trip in these zones, expected in so many seconds (None: not known).
    """
    if rule.zone is not None and rule.zone not in zones:
        return False
    return rule.eta_at_most_s is None or (eta_s is not None and eta_s <= rule.eta_at_most_s)
