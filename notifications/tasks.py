"""The doors of the workers: deliver one message, and sweep up what is still owed."""

from celery import shared_task

from bopis import clock
from notifications import delivery

# A sweep's wake-up that no worker took by then would only find the work done or woken again.
WAKE_UP_LASTS_S = 60


@shared_task(ignore_result=True, soft_time_limit=60, time_limit=75)
def deliver(*, message_id: int) -> None:
    """Deliver one message, if it is due."""
    delivery.deliver(message_id=message_id, at=clock.now())


@shared_task(ignore_result=True, soft_time_limit=60, time_limit=75)
def deliver_due() -> None:
    """
    Wake what is still owed; beat runs this every few seconds.

    The table is the queue. A broker that lost a `deliver` message, or was down when the transaction
    committed, costs one round of this and nothing else.
    """
    for message_id in delivery.get_due(at=clock.now()):
        deliver.apply_async(kwargs={"message_id": message_id}, expires=WAKE_UP_LASTS_S)
