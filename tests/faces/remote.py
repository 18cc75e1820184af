"""
Playwright in a thread of its own, used from the test's thread as if it were there.

Its synchronous form keeps an event loop running in the thread that uses it, and
beside a running loop Django refuses its ORM and Channels its push: both are what
a test does while the browser looks on.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class BrowserThread:
    """The thread that Playwright's objects belong to."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="browser")

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call there, and return what comes back, usable from here."""
        plain = {name: _unwrap(value) for name, value in kwargs.items()}
        return self.wrap(self._pool.submit(function, *map(_unwrap, args), **plain).result())

    def wrap(self, value: Any) -> Any:
        """Return a stand-in for one of Playwright's objects; everything else as it is."""
        if isinstance(value, list):
            return [self.wrap(item) for item in value]
        return Remote(self, value) if type(value).__module__.startswith("playwright.") else value

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


class Remote:
    """A stand-in that asks the browser's thread for everything."""

    def __init__(self, thread: BrowserThread, target: Any) -> None:
        self._thread = thread
        self._target = target

    def __getattr__(self, name: str) -> Any:
        value = self._thread.call(getattr, self._target, name)
        if not callable(value) or isinstance(value, Remote):
            return value
        return lambda *args, **kwargs: self._thread.call(value, *args, **kwargs)


def _unwrap(value: Any) -> Any:
    return value._target if isinstance(value, Remote) else value
