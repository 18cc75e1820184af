"""The sweep over trips."""

from celery import shared_task

from bopis import clock
from geofence.services import trips


@shared_task(ignore_result=True, soft_time_limit=50, time_limit=60)
def expire_trips() -> None:
    """End old trips, delete positions that stayed behind, forget yesterday's distances; each minute."""
    at = clock.now()
    trips.expire_trips(at=at)
    trips.forget_strays(at=at)
    trips.forget_distances(at=at)
