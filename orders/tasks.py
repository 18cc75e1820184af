"""Celery tasks of orders: alarm clocks only, the rows are the queue."""

from celery import shared_task

from bopis import clock
from orders.services import exceptions, holds, no_shows, safety, settling, sweeps


@shared_task(ignore_result=True, soft_time_limit=20, time_limit=30)
def queue_due() -> None:
    """Put waiting tasks on the board whose time has come; beat runs this every second."""
    sweeps.queue_due(at=clock.now())


@shared_task(ignore_result=True, soft_time_limit=20, time_limit=30)
def expire_holds() -> None:
    """Give back what abandoned checkouts kept; beat runs this every five seconds."""
    holds.expire_due(at=clock.now())


@shared_task(ignore_result=True, soft_time_limit=50, time_limit=60)
def climb_ladders() -> None:
    """Remind who did not come, and end what nobody came for; beat runs this every minute."""
    no_shows.climb_due(at=clock.now())


@shared_task(ignore_result=True, soft_time_limit=50, time_limit=60)
def propose_shorts() -> None:
    """Propose what a lost wake-up left out; beat runs this every minute."""
    exceptions.propose_all_shorts(at=clock.now())


@shared_task(ignore_result=True, soft_time_limit=1_700, time_limit=1_800)
def refresh_safety_stock() -> None:
    """Set every shelf's safety stock by its rules; beat runs this daily: sales and shelves move on."""
    safety.refresh(at=clock.now())


@shared_task(ignore_result=True, soft_time_limit=40, time_limit=50)
def settle(*, request_id: int) -> None:
    """Send one payment request."""
    settling.settle(request_id=request_id, at=clock.now())


@shared_task(ignore_result=True)
def settle_due() -> None:
    """Send what is still owed; beat runs this every five seconds. The table is the queue."""
    for request_id in settling.get_due(at=clock.now()):
        settle.delay(request_id=request_id)
