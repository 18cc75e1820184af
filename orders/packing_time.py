"""How long packing takes, before a store's own history says better. Pure arithmetic."""

from datetime import timedelta

# An associate's pace while walking the shelves: 125 picks an hour, between the
# 100 and 150 that McKinsey gives for in-store picking (design figures, section 1).
AMBIENT_PER_LINE = timedelta(hours=1) / 125
# The fresh wave is short and near: fetching a tote, then fridge to bag.
FRESH_START = timedelta(seconds=45)
FRESH_PER_LINE = timedelta(seconds=14)
# Kept free between "packed" and "the customer stops in the bay".
MARGIN = timedelta(seconds=60)


def get_ambient_time(lines: int) -> timedelta:
    """Return the time to pick and pack this many ambient lines; none take none."""
    return AMBIENT_PER_LINE * lines


def get_fresh_time(lines: int) -> timedelta:
    """Return the time to pick and pack this many fresh lines; none take none."""
    return FRESH_START + FRESH_PER_LINE * lines if lines else timedelta()
