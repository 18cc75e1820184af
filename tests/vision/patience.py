"""Waiting for what other threads and processes do."""

import threading
import time
from collections.abc import Callable


def eventually(is_so: Callable[[], object], *, within_s: float = 20) -> bool:
    """Return whether it becomes so, asking often."""
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while not (found := is_so()) and time.monotonic() < deadline:
        pause.wait(0.02)
    return bool(found)
