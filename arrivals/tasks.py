"""Celery tasks of arrivals: alarm clocks only."""

from celery import shared_task

from arrivals import closing
from bopis import clock


@shared_task(ignore_result=True, soft_time_limit=20, time_limit=30)
def lapse() -> None:
    """End the visits and the questions that silence has ended; beat runs this every minute."""
    now = clock.now()
    closing.withdraw_unanswered(at=now)
    closing.lapse(at=now)
