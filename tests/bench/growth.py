"""The board and the lists with ten thousand orders and with a million: they must take as long."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bopis import bench, clock
from bopis.authentication import SCOPES, create_api_key
from bopis.bench import Figure
from orders import snapshot
from orders.models import Order, Store
from orders.services import handover, visits
from tests import world
from tests.bench import _growing

ROUNDS = 5
CALLS = 9  # a round takes the fastest of so many: what others do on the machine only adds
ON_BOARD = 40  # cards on the board at either size: a day's work does not grow with the archive
MOST_QUERIES = 12
Calls = Mapping[str, Callable[[], object]]


def run(*, small: int = 10_000, large: int = 1_000_000, stores: int = 10) -> dict[str, Figure]:
    """
    Measure both sizes in turn, five times; each has a database of its own.

    :param small: how many orders there are in all stores together; `large`: the same for the other.
    """
    with bench.own_servers():
        store, associate, key = _make_cast(stores)
        name = connection.settings_dict["NAME"]
        with _copied(name, f"{name}_large") as other:
            _growing.copy_orders(Order.objects.get(number="T"), count=small)
            with _switched(other):
                _growing.copy_orders(Order.objects.get(number="T"), count=large)
            calls = _get_calls(store, associate, key)
            times: dict[str, list[dict[str, float]]] = {name: [], other: []}
            for database in [name, other] * ROUNDS:
                with _switched(database):
                    times[database].append({what: _take_ms(call) for what, call in calls.items()})
            with _switched(other):
                queries = {what: _count_queries(call) for what, call in calls.items()}
        return _judge(times[name], times[other], queries)


def _make_cast(stores: int) -> tuple[Store, User, str]:
    """A store with a full board and one order handed over, which the archive is made of."""
    settings.ALLOWED_HOSTS = ["testserver"]
    now = clock.now()
    store = world.make_store(bays=8)
    for number in range(1, stores):
        Store.objects.create(
            code=f"store-{number}", name=f"Store {number}", time_zone="UTC", latitude=0, longitude=0
        )
    manager = world.make_associate(store, "Ana", role="MANAGER")
    window = (now + timedelta(hours=1), now + timedelta(hours=2))
    done = world.place(store, number="T", at=now, window=window)
    visits.release_fresh_wave(order_id=done.pk, trigger="TAP", due_at=None, at=now)
    world.pack(done, manager, at=now)
    handover.hand_over(order_id=done.pk, associate_id=manager.pk, code=done.pickup_code, at=now)
    for _ in range(ON_BOARD):
        world.place(store, at=now, window=window)
    _, key = create_api_key(name="bench", scopes=SCOPES, store_ids=[store.pk], at=now)
    return store, manager, key


def _get_calls(store: Store, associate: User, key: str) -> Calls:
    """What is measured, by name: the board, and every list that an integrator or a page asks for."""
    api = Client(headers={"authorization": f"Bearer {key}"})
    recent = clock.now() - timedelta(days=1)
    order = Order.objects.get(number="T")
    lists: dict[str, tuple[str, dict[str, object]]] = {
        "orders": ("orders/", {"store": store.code}),
        "orders_of_all_stores": ("orders/", {}),
        "orders_ready": ("orders/", {"store": store.code, "status": "READY"}),
        "orders_placed": ("orders/", {"store": store.code, "status": "PLACED"}),
        "orders_by_number": ("orders/", {"store": store.code, "number": "T"}),
        "orders_of_a_day": ("orders/", {"store": store.code, "since": recent.isoformat()}),
        "events": (f"orders/{order.public_id}/events/", {}),
        "movements": (f"stores/{store.code}/stock-movements/", {}),
        "movements_of_a_product": (f"stores/{store.code}/stock-movements/", {"sku": world.BREAD}),
        "products": ("products/", {}),
        "stock": ("stock/", {}),
    }
    return {
        "board": lambda: snapshot.get_snapshot(store, associate, at=clock.now()),
        **{name: partial(_get, api, path, query) for name, (path, query) in lists.items()},
    }


def _get(client: Client, path: str, query: Mapping[str, object]) -> None:
    answer = client.get(f"/api/v1/{path}?{urlencode(query)}")
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.content!r}")


def _take_ms(call: Callable[[], object]) -> float:
    call()  # plans and caches
    took = []
    for _ in range(CALLS):
        started_s = time.perf_counter()
        call()
        took.append(time.perf_counter() - started_s)
    return min(took) * 1000


def _count_queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def _judge(
    small: list[dict[str, float]], large: list[dict[str, float]], queries: Mapping[str, int]
) -> dict[str, Figure]:
    medians = [
        {what: statistics.median(times[what] for times in rounds) for what in queries}
        for rounds in (small, large)
    ]
    ratios = {what: round(medians[1][what] / medians[0][what], 2) for what in queries}
    lists = [what for what in queries if what != "board"]
    return {
        "board_ratio": bench.at_most(ratios["board"], 1.3),
        "lists_ratio_max": bench.at_most(max(ratios[what] for what in lists), 1.3),
        "queries_per_list_max": bench.at_most(max(queries[what] for what in lists), MOST_QUERIES),
        "board_queries": Figure(queries["board"]),
        **{f"{what}_ratio": Figure(ratios[what]) for what in lists},
        **{f"{what}_ms": Figure(round(medians[1][what], 1)) for what in queries},
    }


@contextmanager
def _copied(name: str, copy: str) -> Iterator[str]:
    """Copy the database as it is now, for as long as it is needed."""
    with _switched("postgres"), connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    try:
        yield copy
    finally:
        with _switched("postgres"), connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')


@contextmanager
def _switched(name: str) -> Iterator[None]:
    """Use another database of the same server."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
