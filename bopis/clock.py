"""The only place that reads the server's clock, so that whole days can be simulated in minutes."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC; only doors, sweeps and leases may ask."""
    return datetime.now(UTC)
