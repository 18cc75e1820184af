"""Celery tasks of the vision queue: keys, numbers and times only, never a picture or a plate."""

from datetime import datetime

from celery import shared_task

from bopis import clock
from vision import services, worker

worker.connect()


@shared_task(expires=10, ignore_result=True, soft_time_limit=10, time_limit=15)
def read_crop(*, camera_id: int, source_key: str, crop_key: str, seen_at: str) -> None:
    """
    Read one crop.

    Never retried: the car is in view for more crops, and this one expires in seconds.

    :param seen_at: ISO 8601 with offset.
    """
    ballot = services.read_crop(camera_id=camera_id, source_key=source_key, crop_key=crop_key)
    if ballot is not None:
        services.note_reading(
            camera_id=camera_id,
            source_key=source_key,
            ballot=ballot,
            seen_at=datetime.fromisoformat(seen_at),
            at=clock.now(),  # after the reading: what follows is matching and the board
        )


@shared_task(expires=60, ignore_result=True, soft_time_limit=10, time_limit=15)
def close_track(*, source_key: str) -> None:
    """Judge a track that has ended; a lost one of these is made good by judge_waiting."""
    services.close_track(source_key=source_key, at=clock.now())


@shared_task(expires=5, ignore_result=True, soft_time_limit=20, time_limit=30)
def judge_waiting() -> None:
    """Judge what was left behind; beat runs this every few seconds."""
    services.judge_waiting(at=clock.now())
