"""Which bay a visit is sent to."""

import re
from collections.abc import Set as AbstractSet

from arrivals import fusion
from arrivals.models import Arrival
from bopis.errors import InvalidError
from orders.models import PickupSpot


class UnknownSpotError(InvalidError):
    """The store has no such spot in use."""

    code = "unknown-spot"


def get_id(store_id: int, number: str | None) -> int | None:
    """
    Return the id of the store's spot of this number, as painted; None for none.

    :raises UnknownSpotError: if the store has no such spot in use.
    """
    wanted = (number or "").strip()
    if not wanted:
        return None
    spot = PickupSpot.objects.filter(store=store_id, is_active=True, number__iexact=wanted[:16]).first()
    if spot is None:
        raise UnknownSpotError("the store has no such spot", field="spot")
    return spot.pk


def place(arrival: Arrival, belief: fusion.Belief, *, preferred: int | None = None) -> bool:
    """
    Set the arrival's spot in memory: the one its customer claims, else the nearest free bay.

    Bays are counted from the store's door, so the lowest number is the nearest. A bay
    for disabled people is never given unasked. None while the lot is full.

    :param preferred: a bay to give, if it is free, before the nearest.
    :return: whether another visit has the claimed spot.
    """
    if arrival.status != Arrival.Status.ARRIVED:
        if arrival.status != Arrival.Status.GONE:
            arrival.spot_id, arrival.is_spot_claimed = None, False
        return False
    if belief.spot_id is None and arrival.spot_id and not arrival.is_spot_claimed:
        return False
    # Two cars that come at once take turns here and see each other's bay.
    spots = list(PickupSpot.objects.select_for_update().filter(store=arrival.store_id).order_by("pk"))
    others = Arrival.objects.filter(store=arrival.store_id, status=Arrival.Status.ARRIVED)
    taken = set(others.exclude(pk=arrival.pk).values_list("spot_id", flat=True))
    arrival.is_spot_claimed = belief.spot_id is not None
    arrival.spot_id = belief.spot_id if belief.spot_id is not None else _choose(spots, taken, preferred)
    return arrival.is_spot_claimed and arrival.spot_id in taken


def _choose(spots: list[PickupSpot], taken: AbstractSet[int | None], preferred: int | None) -> int | None:
    free = [
        spot
        for spot in spots
        if spot.is_active
        and spot.kind == PickupSpot.Kind.BAY
        and not spot.is_accessible
        and spot.pk not in taken
    ]
    if any(spot.pk == preferred for spot in free):
        return preferred
    return min(free, key=_count).pk if free else None


def _count(spot: PickupSpot) -> tuple[int, str]:
    """Sort "2" before "10", and "B2" among the twos."""
    digits = re.search(r"\d+", spot.number)
    return (int(digits[0]) if digits else 0, spot.number)
