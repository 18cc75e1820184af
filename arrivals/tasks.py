"""Celery tasks of arrivals: alarm clocks only."""

from celery import shared_task

from arrivals import closing
from bopis import clock


@shared_task(ignore_result=True, soft_time_limit=20, time_limit=30)
def lapse() -> None:
    """End the visits that silence has ended; beat runs this every minute."""
    closing.lapse(at=clock.now())
