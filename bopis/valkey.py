"""Connections to Valkey: fleeting things only (positions, crops, reads in flight), never the record."""

import asyncio
from functools import cache
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 5.0

_async_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis]" = WeakKeyDictionary()


@cache
def client() -> redis.Redis:
    """Return the process's client, bytes in and out; its pool notices a fork by itself."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=ANSWER_TIMEOUT_S
    )


def async_client() -> redis.asyncio.Redis:
    """Return the client of the running event loop, as a connection belongs to the loop that opened it."""
    loop = asyncio.get_running_loop()
    if loop not in _async_clients:
        _async_clients[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=ANSWER_TIMEOUT_S
        )
    return _async_clients[loop]
