"""The order system at its limits: against pgbench, against django-oscar, and not a unit lost."""

import itertools
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db.models import F, Sum

from bopis import bench, clock
from bopis.authentication import create_api_key
from bopis.bench import Figure
from orders.models import Order, Product, StockLevel, StockMovement, Store
from orders.services import placing, reconcile, stock
from tests import world
from tests.bench import _attempts, _peer, _reserving, _serving, race

CLIENTS, LINES, PRODUCTS = 4, 20, 400
THREADS = 4  # of each of the processes in which the 32 workers are
PLENTY = 900_000


def run(
    *,
    seconds: int = 5,
    orders: int = 1000,
    peer_orders: int = 100,
    rounds: int = 1000,
    peer_rounds: int = 20,
    buyers: int = 32,
    attempts: int = 100_000,
    workers: int = 32,
    kills: int = 200,
) -> dict[str, Figure]:
    """
    Measure all of it, one after another, on the same servers.

    :param seconds: of each of the three turns that psycopg and pgbench take.
    """
    with bench.own_servers(), _peer.install() as peer:
        figures = _compare_reservation(seconds)
        figures |= _compare_cost(peer, orders=orders, peer_orders=peer_orders)
        figures |= _race(peer, rounds=rounds, peer_rounds=peer_rounds, buyers=buyers)
        figures |= _storm(attempts=attempts, workers=workers, kills=kills)
    return figures


def _compare_reservation(seconds: int) -> dict[str, Figure]:
    store = make_shop("reservation")
    products = list(StockLevel.objects.filter(store=store).values_list("product_id", flat=True))
    turns = [
        (
            _reserving.run_pgbench(store.pk, products, seconds),
            _reserving.run_psycopg(store.pk, products, seconds),
        )
        for _ in range(3)
    ]
    pgbench, own = (statistics.median(rates) for rates in zip(*turns, strict=True))
    return {
        "reserve_vs_pgbench": bench.at_least(round(own / pgbench, 2), 0.6),
        "reservations_per_s": Figure(round(own)),
        "pgbench_per_s": Figure(round(pgbench)),
    }


def _compare_cost(peer: _peer.Peer, *, orders: int, peer_orders: int) -> dict[str, Figure]:
    store = make_shop("cost")
    _, key = create_api_key(name="bench", scopes=["orders:write"], store_ids=[store.pk], at=clock.now())
    with _serving.serve() as (address, process_id):
        send(address, key, store, range(CLIENTS * 10))  # imports, connections, prepared statements
        before = _serving.get_cpu_s(process_id), _serving.get_backends_cpu_s()
        send(address, key, store, range(CLIENTS * 10, CLIENTS * 10 + orders))
        after = _serving.get_cpu_s(process_id), _serving.get_backends_cpu_s()
    app_s, database_s = ((end - start) / orders for start, end in zip(before, after, strict=True))
    peer_app_s, peer_database_s = peer.measure_cost_s(orders=peer_orders, clients=CLIENTS)
    own_s, peer_s = app_s + database_s, peer_app_s + peer_database_s
    return {
        "order_cpu_ms": bench.at_most(round(own_s * 1000, 2), 10),
        "order_app_cpu_ms": Figure(round(app_s * 1000, 2)),
        "order_postgresql_cpu_ms": Figure(round(database_s * 1000, 2)),
        "cpu_ratio_vs_oscar": bench.at_least(round(peer_s / own_s, 1), 5),
        "oscar_cpu_ms": Figure(round(peer_s * 1000, 1)),
    }


def _race(peer: _peer.Peer, *, rounds: int, peer_rounds: int, buyers: int) -> dict[str, Figure]:
    store_id = race.stock_shelves(units=1, rounds=rounds)
    attempts = race.race(store_id, buyers=buyers, rounds=rounds)
    wins = Counter(number for number, outcome, _ in attempts if outcome == race.WON)
    errors = [outcome for _, outcome, _ in attempts if outcome not in {race.WON, race.LOST}]
    promised = race.count_promised(store_id)
    exact = sum(wins[n] == 1 and promised[race.get_sku(n)] == (1, 1, 1) for n in range(rounds))
    peers = peer.race(rounds=peer_rounds, buyers=buyers)
    return {
        "last_unit_rounds": Figure(rounds),
        "last_unit_exact": bench.exactly(exact, rounds),
        "last_unit_errors": bench.exactly(len(errors), 0),
        "oscar_last_unit_rounds": Figure(peer_rounds),
        "oscar_last_unit_exact": Figure(peers["exact"]),
        "oscar_last_unit_oversold": Figure(peers["oversold"]),
    }


def _storm(*, attempts: int, workers: int, kills: int) -> dict[str, Figure]:
    store = Store.objects.create(code="storm", name="Storm", time_zone="UTC", latitude=0, longitude=0)
    hot = {f"hot-{n}": attempts // _attempts.HOT // 2 for n in range(_attempts.HOT)}  # for every second one
    fill(store, hot | {f"cold-{n}": PLENTY for n in range(_attempts.COLD)})
    folder = Path(settings.BOPIS_VAR) / "bench" / "attempts"
    crowd = _attempts.Crowd(store.pk, attempts, max(workers // THREADS, 1), THREADS, folder)
    killed = crowd.run(kills=kills, every_s=1)
    return {**_judge(store, crowd.read(), attempts), "workers_killed": Figure(killed * THREADS)}


def _judge(store: Store, told: dict[int, str], attempts: int) -> dict[str, Figure]:
    placed = {f"S{number}" for number, outcome in told.items() if outcome == _attempts.PLACED}
    kept = set(Order.objects.filter(store=store).values_list("number", flat=True))
    levels = StockLevel.objects.filter(store=store)
    left = levels.filter(product__sku__startswith="hot-").aggregate(units=Sum(F("on_hand") - F("reserved")))
    differences = [d for d in reconcile.find_differences() if d.store_id == store.pk]
    oversold = levels.filter(reserved__gt=F("on_hand")).aggregate(units=Sum(F("reserved") - F("on_hand")))
    return {
        "attempts": bench.exactly(len(told), attempts),
        "oversold": bench.exactly(float(oversold["units"] or 0), 0),
        "undersold": bench.exactly(float(left["units"] or 0), 0),
        "lost": bench.exactly(len(placed - kept), 0),
        "untold": bench.exactly(len(kept - placed), 0),
        "ledger_difference": bench.exactly(float(sum(abs(d.level - d.explained) for d in differences)), 0),
    }


def attempt(store_id: int, number: int) -> str:
    """Place the basket of a number; one that was placed before its worker was killed is placed."""
    at = clock.now()
    basket = world.make_basket(
        *_attempts.get_lines(number), number=f"S{number}", customer=f"buyer-{number}", window=get_window()
    )
    try:
        placing.place_order(store_id=store_id, basket=basket, at=at, actor="bench")
    except stock.OutOfStockError:
        return _attempts.REFUSED
    except placing.OrderNumberTakenError:
        return _attempts.PLACED
    return _attempts.PLACED


def make_shop(code: str) -> Store:
    """Make a store with plenty of all products."""
    store = Store.objects.create(code=code, name=code.title(), time_zone="UTC", latitude=0, longitude=0)
    fill(store, {f"p-{number}": PLENTY for number in range(PRODUCTS)})
    return store


def fill(store: Store, quantities: dict[str, int]) -> None:
    """Put so many units of each on the shelves, with a ledger row that says so."""
    zones = itertools.cycle(["AMBIENT", "CHILLED"])
    Product.objects.bulk_create(
        [
            Product(sku=sku, name=sku, zone=zone, price_minor=250, aisle="3")
            for sku, zone in zip(quantities, zones, strict=False)
        ],
        ignore_conflicts=True,
    )
    products = Product.objects.filter(sku__in=quantities)
    StockLevel.objects.bulk_create(
        StockLevel(store=store, product=product, on_hand=quantities[product.sku]) for product in products
    )
    cause = stock.Cause(store.pk, clock.now(), "bench")
    StockMovement.objects.bulk_create(
        stock.make_movement(cause, stock.Kind.SET, one.pk, on_hand_change=Decimal(quantities[one.sku]))
        for one in products
    )


def send(address: str, key: str, store: Store, numbers: range) -> None:
    """Place orders over HTTP by four clients, each with a connection that it keeps."""
    shares = [numbers[first::CLIENTS] for first in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(partial(_send_share, address, key, store.code), shares))


def _send_share(address: str, key: str, store: str, numbers: range) -> None:
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        for number in numbers:
            answer = client.post(
                "/api/v1/orders/",
                json=make_body(store, number),
                headers={"Idempotency-Key": f"bench-order-{number}"},
            )
            if answer.status_code != 201:
                raise RuntimeError(f"order {number}: {answer.text}")


def make_body(store: str, number: int) -> dict[str, Any]:
    """Return an order of twenty lines by a new customer, with a car and a payment."""
    start, end = get_window()
    return {
        "store": store,
        "number": f"C{number}",
        "customer": {
            "external_id": f"customer-{number}",
            "first_name": "Ines",
            "last_name": "Moreau",
            "email": f"ines{number}@example.org",
            "phone": "+33 4 00 00 00 00",
            "language": "en",
        },
        "vehicle": {"description": "grey Clio", "plate": f"AB{number:05}", "plate_consent": True},
        "lines": [{"sku": f"p-{(number * 7 + n * 13) % PRODUCTS}", "quantity": "1"} for n in range(LINES)],
        "window_start": start.isoformat(),
        "window_end": end.isoformat(),
        "payment": {"reference": f"token-{number}", "authorized_minor": 250 * LINES},
    }


def get_window() -> tuple[Any, Any]:
    """Return the pickup window that all orders ask for: tomorrow, an hour long."""
    start = (clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return start, start + timedelta(hours=1)
