"""From a camera's loop to the workers: crops into the broker, their keys into the queue."""

import logging
import time
from datetime import timedelta

import numpy as np
from kombu.exceptions import OperationalError
from numpy.typing import NDArray
from redis.exceptions import RedisError

from bopis import clock
from vision import crops, readings, tasks

logger = logging.getLogger(__name__)


class WorkerSink:
    """
    Sends one camera's crops to the workers of the vision queue.

    A broker that is down costs the crop: the car is in view for more of them, and old ones are of no use.
    """

    def __init__(self, camera_id: int) -> None:
        self._camera_id = camera_id

    def offer(self, source_key: str, crop: NDArray[np.uint8], at_s: float) -> bool:
        """Send a crop; see `vision.watching.Sink`."""
        try:
            if readings.is_claimed(source_key):
                return False
            seen_at = clock.now() - timedelta(seconds=time.monotonic() - at_s)
            tasks.read_crop.apply_async(
                kwargs={
                    "camera_id": self._camera_id,
                    "source_key": source_key,
                    "crop_key": crops.put(crop),
                    "seen_at": seen_at.isoformat(),
                },
            )
        except (RedisError, OperationalError, ValueError) as error:
            logger.warning("crop not sent camera=%s error=%s", self._camera_id, type(error).__name__)
        return True

    def close(self, source_key: str) -> None:
        """Tell the workers that a track has ended; see `vision.watching.Sink`."""
        try:
            tasks.close_track.apply_async(kwargs={"source_key": source_key})
        except OperationalError as error:
            logger.warning("track end not sent camera=%s error=%s", self._camera_id, type(error).__name__)
