"""One set of the product's real processes for all journeys, on a database and Valkey number of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psycopg
import pytest

from bopis.demo import customers, store
from bopis.demo.customers import Visit
from bopis.demo.doors import Browser, Json, Shop
from bopis.demo.lot import Lot
from bopis.demo.people import Crowd, Person
from bopis.demo.processes import PROJECT, Fleet, Surroundings
from bopis.demo.sockets import Board, find_task, has_task
from bopis.embedded.process import find_free_port

# Above those that tests/conftest.py gives out (and empties before each test).
VALKEY_NUMBERS_FROM = 256


@dataclass
class World:
    """The running product with its store, an associate's browser and board, and the lot before the camera."""

    base_url: str
    shop: Shop
    lea: Browser
    board: Board
    lot: Lot
    database_url: str
    password: str
    crowd: Crowd = field(default_factory=lambda: Crowd(seed=7))
    visits: list[Visit] = field(default_factory=list)

    def place(self, person: Person, lines: list[Json] | None = None) -> Visit:
        """An order over the API, whose customer looks at the tracking page."""
        order = self.shop.place(self.crowd.shop(person, lines=lines))
        self.visits.append(customers.open_page(self.base_url, order, person))
        self.board.wait_for_card(order["id"], lambda card: card["lane"] == "pack")
        return self.visits[-1]

    def pack(self, visit: Visit, kind: str) -> None:
        """Start and finish a wave that is on the board."""
        task = self.see(visit, lambda card: has_task(card, kind, "QUEUED"))
        task_id = self.task_id(task, kind)
        self.lea.start(task_id)
        self.lea.finish(task_id, "B3" if kind == "PACK_AMBIENT" else "Fridge 1")
        self.see(visit, lambda card: find_task(card, kind) is None)

    def serve(self, visit: Visit) -> Json:
        """Pack the fresh wave, go out, hand over; return the handover."""
        self.pack(visit, "PACK_FRESH")
        card = self.see(
            visit, lambda card: card["status"] == "READY" and has_task(card, "TAKE_OUT", "QUEUED")
        )
        self.lea.start(self.task_id(card, "TAKE_OUT"))
        handover = self.lea.hand_over(visit.order_id, visit.order["pickup_code"])
        self.see(visit, lambda card: card["lane"] == "done")
        return handover

    def see(self, visit: Visit, fits, patience_s: float = 30) -> Json:
        """The order's card once it fits, as the websocket brought it."""
        seen = self.board.wait_for_card(visit.order_id, fits, patience_s=patience_s)
        cards = seen.message.get("cards") or [seen.message["card"]]
        return next(card for card in cards if card["order"] == visit.order_id)

    def card(self, visit: Visit) -> Json:
        """The order's card now."""
        return self.board.cards[visit.order_id]

    def drive(self, visit: Visit, *places: tuple[float, float, float]) -> None:
        """Report positions: seconds ago, meters east and north of the middle of the lot."""
        for ago_s, east_m, north_m in places:
            at = datetime.now(UTC) - timedelta(seconds=ago_s)
            visit.phone.ping(*store.to_position(east_m, north_m), accuracy_m=5, at=at)

    def count(self, statement):
        """A number from the database, for what no door may tell."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]

    @staticmethod
    def task_id(card, kind):
        task = find_task(card, kind)
        assert task is not None
        return task["id"]


@pytest.fixture(scope="session")
def processes(tmp_path_factory) -> Iterator[World]:
    lot = Lot(port=find_free_port())
    surroundings = _make_surroundings(tmp_path_factory.mktemp("journeys"))
    _run(surroundings, "migrate", "--verbosity", "0")
    keys = json.loads(_run(surroundings, "load_demo_store", "--json", "--camera", lot.url))
    fleet = Fleet(surroundings, surroundings.var / "log")
    try:
        fleet.start()
        lot.open()
        fleet.wait_until_ready(lambda _: None)
        fleet.wait_for("camera", lambda: lot.frames_sent > 0)
        lea = Browser(surroundings.base_url)
        lea.sign_in("lea", keys["password"])
        board = Board(surroundings.base_url, store.CODE, lea.get_cookies())
        shop = Shop(surroundings.base_url, keys["api_key"])
        base_url, password = surroundings.base_url, keys["password"]
        yield World(base_url, shop, lea, board, lot, surroundings.database_url, password)
        board.close()
        lea.close()
        shop.close()
    finally:
        fleet.stop()
        lot.close()


@pytest.fixture
def world(processes: World) -> Iterator[World]:
    """The processes, and an empty board: what a journey leaves open is canceled after it."""
    yield processes
    for visit in processes.visits:
        visit.page.close()
        visit.phone.close()
        if processes.shop.get(visit.order_id)["status"] in {"PLACED", "PREPARING", "READY"}:
            processes.shop.ask("POST", f"/api/v1/orders/{visit.order_id}/cancel/", {})
    processes.visits.clear()


def _make_surroundings(var) -> Surroundings:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
    run = int(os.environ["BOPIS_TEST_SLOT"]) * 16 + worker
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    valkey, _, _ = os.environ["REDIS_URL"].rpartition("/")
    name = f"journeys_{run}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    redis_url = f"{valkey}/{VALKEY_NUMBERS_FROM + run}"
    assert urlsplit(redis_url).path != urlsplit(os.environ["REDIS_URL"]).path
    return Surroundings(f"{server}/{name}", redis_url, var, find_free_port())


def _run(surroundings: Surroundings, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=PROJECT,
        env=surroundings.get_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
