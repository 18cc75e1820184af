"""Leaving a channel alone for a while after its provider could not be reached."""

import logging
from datetime import timedelta

from redis.exceptions import RedisError

from bopis import valkey

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(seconds=60)
MEMORY = timedelta(minutes=10)  # a failure after so long a peace is a first failure again

logger = logging.getLogger(__name__)


def get_pause(channel: str) -> timedelta:
    """
    Return how long the channel still rests; zero when it may be tried.

    Without Valkey every channel may be tried: the pause only spares workers, it keeps no promise.
    """
    try:
        left_ms = int(valkey.client().pttl(_key(channel, "pause")))
    except RedisError:
        logger.warning("Valkey cannot be reached: channel %s is tried without a pause", channel)
        return timedelta()
    return timedelta(milliseconds=max(left_ms, 0))


def trip(channel: str) -> None:
    """
    Let the channel rest, each time in a row twice as long; those failing during a pause add nothing.
    """
    try:
        client = valkey.client()
        if client.exists(_key(channel, "pause")):
            return
        failures = int(client.incr(_key(channel, "failures")))
        client.pexpire(_key(channel, "failures"), MEMORY)
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        client.set(_key(channel, "pause"), 1, px=pause, nx=True)
    except RedisError:
        logger.warning("Valkey cannot be reached: channel %s gets no pause", channel)


def reset(channel: str) -> None:
    """
    Forget the channel's failures: it has just carried a message.
    """
    try:
        valkey.client().delete(_key(channel, "pause"), _key(channel, "failures"))
    except RedisError:
        logger.warning("Valkey cannot be reached: channel %s keeps its pause", channel)


def _key(channel: str, what: str) -> str:
    return f"notifications:{what}:{channel}"
