"""Changes of fences; whoever edits one tells every process."""

from django.core.exceptions import ValidationError
from django.db import transaction

from geofence import live
from geofence.fences import FenceError, check_polygon
from geofence.models import Fence


@transaction.atomic
def put_fence(
    *, store_id: int, zone: str, polygon: object, name: str = "", spot_id: int | None = None
) -> Fence:
    """
    Make the fence of this store, zone, name and spot, or give it another polygon; a repeat changes nothing.

    :param polygon: closed ring `[[latitude, longitude], ...]`, or a list of rings, holes behind the first.
    :raises FenceError: naming what is wrong with it.
    """
    check_polygon(polygon)
    fence = Fence.objects.filter(store_id=store_id, zone=zone, name=name, spot_id=spot_id).first()
    fence = fence or Fence(store_id=store_id, zone=zone, name=name, spot_id=spot_id)
    fence.polygon = polygon
    try:
        fence.full_clean()
    except ValidationError as error:
        raise FenceError(" ".join(error.messages)) from error
    fence.save()
    renew_sites()
    return fence


def renew_sites() -> None:
    """
    Make every process read fences and rules anew, after the commit.

    One that cannot be told goes on with its copy for a minute.
    """
    transaction.on_commit(live.renew_sites, robust=True)
