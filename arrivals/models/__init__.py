"""The tables of arrivals."""

from arrivals.models.evidence import Evidence, ReadCount
from arrivals.models.kinds import Claim, Kind
from arrivals.models.visits import UNDERWAY, Arrival, ArrivalOrder

__all__ = ["UNDERWAY", "Arrival", "ArrivalOrder", "Claim", "Evidence", "Kind", "ReadCount"]
