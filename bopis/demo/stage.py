"""What a run of the demo stands on: processes, lot, store and crew, and the way to bring them down."""

import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from bopis import clock
from bopis.demo import people, store
from bopis.demo.associates import Associate, Crew, Pace
from bopis.demo.customers import Visit, open_page
from bopis.demo.doors import Shop
from bopis.demo.lot import Lot
from bopis.demo.measures import Watch
from bopis.demo.processes import Fleet, Surroundings
from bopis.embedded import attachment
from bopis.embedded.process import find_free_port

USUAL_PORT = 8000
ON_DUTY = ("lea", "bruno", "zoe")  # the rest of the staff are people, if any
Say = Callable[[str], None]


class AlreadyRunningError(Exception):
    """Another demo uses the same data folder."""


@dataclass(frozen=True)
class Actors:
    """The associates at work, and what is seen over the shoulder of the first of them."""

    crew: Crew
    associates: list[Associate]
    watch: Watch


class Stage:
    """
    The product's processes around a fresh store, its lot before a camera, and a crew at work.

    Use it as a context, in the main thread: leaving it ends everything that was started.
    """

    def __init__(self, *, var: Path, port: int, pace: Pace, say: Say) -> None:
        self.var = var / "demo"
        self.var.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(self.var)
        self._say = say
        self._pace = pace
        surroundings = Surroundings(
            database_url=os.environ["DATABASE_URL"],
            redis_url=os.environ["REDIS_URL"],
            var=var,
            port=port,
        )
        self.base_url = surroundings.base_url
        # The camera's port is needed before the camera: its address is in the database by then.
        self.lot = Lot(port=find_free_port())
        self.fleet = Fleet(surroundings, self.var / "log")
        self.visits: list[Visit] = []
        self.began_at_s = 0.0
        self._keys: store.Keys | None = None
        self._actors: Actors | None = None
        self._shop: Shop | None = None

    @property
    def keys(self) -> store.Keys:
        """What opens the store's doors."""
        assert self._keys is not None
        return self._keys

    @property
    def actors(self) -> Actors:
        """Who is at work."""
        assert self._actors is not None
        return self._actors

    @property
    def shop(self) -> Shop:
        """The retailer's software."""
        assert self._shop is not None
        return self._shop

    @property
    def stop(self) -> threading.Event:
        """Set when everybody shall go home."""
        return self.actors.crew.stop

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def place(self, person: people.Person, order: dict[str, object]) -> Visit:
        """
        Place the person's order at the API and let them open its tracking page.

        :raises RefusedError: if it is refused.
        """
        visit = open_page(self.base_url, self.shop.place(order), person)
        self.actors.crew.visits[visit.order_id] = visit
        self.visits.append(visit)
        return visit

    def forget(self, visit: Visit) -> None:
        """Close the page of a customer who has gone."""
        visit.page.close()
        visit.phone.close()
        self.visits.remove(visit)
        self.actors.crew.visits.pop(visit.order_id, None)

    def close(self) -> None:
        """End everything; again changes nothing."""
        if self._actors is not None:
            self._actors.crew.stop.set()
            for associate in self._actors.associates:
                associate.leave()
            self._actors = None
        self.lot.close()
        self.fleet.stop()
        os.close(self._lock) if self._lock >= 0 else None
        self._lock = -1

    def _set_up(self) -> None:
        self._keys = store.load(camera_url=self.lot.url, at=clock.now())
        self._say("the store is ready; starting the web server, two workers, beat and the camera's eye")
        self.fleet.start()
        self.lot.open()
        self.fleet.wait_until_ready(self._say)
        self.fleet.wait_for("camera", lambda: self.lot.frames_sent > 0)
        self._say("the camera's stream is being watched")
        self.began_at_s = monotonic()
        self._shop = Shop(self.base_url, self.keys.api_key)
        self._actors = self._call_crew()

    def _call_crew(self) -> Actors:
        crew = Crew(self.base_url, self.keys.password, self._pace)
        associates = [Associate(crew, username, seed) for seed, username in enumerate(ON_DUTY)]
        watch = Watch(associates[0].board)
        for associate in associates:
            associate.begin()
        return Actors(crew, associates, watch)


def choose_port(wanted: int | None) -> int:
    """Return the port that was asked for, else the usual one, else, if that is taken, a free one."""
    if wanted:
        return wanted
    return USUAL_PORT if _is_free(USUAL_PORT) else find_free_port()


def _is_free(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _take_lock(var: Path) -> int:
    try:
        return attachment.take(var / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunningError(f"a demo is running already in {var}") from None
