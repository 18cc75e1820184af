"""Celery tasks of orders: alarm clocks only, the rows are the queue."""

from celery import shared_task

from bopis import clock
from orders.services import sweeps


@shared_task(ignore_result=True, soft_time_limit=20, time_limit=30)
def queue_due() -> None:
    """Put waiting tasks on the board whose time has come; beat runs this every second."""
    sweeps.queue_due(at=clock.now())
