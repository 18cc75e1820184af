"""The line from which the racers of all processes start together; it imports no model."""

from threading import BrokenBarrierError
from typing import Protocol

PATIENCE_S = 120


class Barrier(Protocol):
    """What a barrier of threads and one of processes have in common."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all have come."""


_barriers: list[Barrier] = []


def share(barrier: Barrier) -> None:
    """Keep the barrier that this process got from the one that spawned it."""
    _barriers[:] = [barrier]


def wait() -> None:
    """
    Wait for all racers.

    :raises BrokenBarrierError: if one of them never comes.
    """
    if not _barriers:
        raise BrokenBarrierError
    _barriers[0].wait(PATIENCE_S)
