"""Sweeps of the bottom layer."""

from celery import shared_task

from bopis import idempotency


@shared_task(ignore_result=True)
def delete_expired() -> None:
    """Delete idempotency records after their 24 hours."""
    idempotency.delete_expired()
