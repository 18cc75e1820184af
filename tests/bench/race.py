"""Fifty buyers race for five units, two hundred times: exactly five must win each time."""

import logging
import multiprocessing
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from django.db import connection
from django.db.models import Sum

from bopis import bench, clock
from bopis.bench import Figure
from orders.models import OrderLine, Product, StockLevel, StockMovement
from orders.services import placing, stock
from tests import world
from tests.bench import _start_line as start_line

PROCESSES = 4  # so that buyers do not queue for one interpreter before they reach the database
WON, LOST = "won", "lost"
logger = logging.getLogger(__name__)
Attempt = tuple[int, str, float]  # round, outcome, seconds


def run(*, buyers: int = 50, units: int = 5, rounds: int = 200) -> dict[str, Figure]:
    """
    Let the buyers place an order for one unit each, all at once, a round for every product.

    Each buyer is a thread with a connection of its own, in one of four processes.
    """
    with bench.own_servers():
        store_id = stock_shelves(units=units, rounds=rounds)
        started_s = time.perf_counter()
        attempts = race(store_id, buyers=buyers, rounds=rounds)
        took_s = time.perf_counter() - started_s
        return _judge(attempts, store_id, units=units, rounds=rounds, took_s=took_s)


def stock_shelves(*, units: int, rounds: int) -> int:
    """
    Make a store with one product for each round, so that no round waits for another's clearing up.
    """
    store = world.make_store()
    products = Product.objects.bulk_create(
        Product(sku=get_sku(number), name="Last of its kind", price_minor=250) for number in range(rounds)
    )
    StockLevel.objects.bulk_create(
        StockLevel(store=store, product=product, on_hand=units) for product in products
    )
    return int(store.pk)


def get_sku(number: int) -> str:
    """Return the product that a round is about."""
    return f"race-{number}"


def race(store_id: int, *, buyers: int, rounds: int) -> list[Attempt]:
    """
    Run all rounds and return every attempt.
    """
    spawn = multiprocessing.get_context("spawn")
    shares = [len(range(first, buyers, PROCESSES)) for first in range(PROCESSES)]
    crowds = [range(sum(shares[:index]), sum(shares[: index + 1])) for index in range(PROCESSES)]
    with ProcessPoolExecutor(
        PROCESSES,
        mp_context=spawn,
        initializer=bench.set_up_process,
        initargs=(start_line.share, spawn.Barrier(buyers)),
    ) as pool:
        # A crowd ends only when all have raced, so that each process has exactly one.
        results = list(pool.map(partial(run_crowd, store_id, rounds), [list(crowd) for crowd in crowds]))
    return [attempt for result in results for attempt in result]


def run_crowd(store_id: int, rounds: int, crowd: Sequence[int]) -> list[Attempt]:
    """Run one process's buyers, a thread each."""
    if not crowd:
        return []
    with ThreadPoolExecutor(len(crowd)) as threads:
        results = list(threads.map(partial(buy, store_id, rounds), crowd))
    return [attempt for result in results for attempt in result]


def buy(store_id: int, rounds: int, buyer: int) -> list[Attempt]:
    """Race in every round as one buyer."""
    attempts = []
    try:
        connection.ensure_connection()
        for number in range(rounds):
            start_line.wait()
            started_s = time.perf_counter()
            outcome = attempt(store_id, number, buyer)
            attempts.append((number, outcome, time.perf_counter() - started_s))
    finally:
        connection.close()
    return attempts


def attempt(store_id: int, number: int, buyer: int) -> str:
    """Try to buy one unit; an error that is no refusal is an outcome too, for none may happen."""
    at = clock.now()
    basket = world.make_basket(
        (get_sku(number), 1),
        number=f"R{number}-B{buyer}",
        customer=f"buyer-{buyer}",
        window=(at + timedelta(hours=1), at + timedelta(hours=2)),
    )
    try:
        placing.place_order(store_id=store_id, basket=basket, at=at, actor="bench")
    except stock.OutOfStockError:
        return LOST
    except Exception as error:  # counted and reported; the others must go on racing
        logger.exception("round %s, buyer %s", number, buyer)
        return type(error).__name__
    return WON


def count_promised(store_id: int) -> dict[str, tuple[int, int, int]]:
    """
    Return what the database says of each product: reserved, in lines of orders, in the ledger.
    """
    reserved = dict(
        StockLevel.objects.filter(store_id=store_id).values_list("product__sku", "reserved").order_by("pk")
    )
    lines = dict(
        OrderLine.objects.filter(order__store_id=store_id)
        .values_list("product__sku")
        .annotate(promised=Sum("quantity"))
        .order_by("product__sku")
    )
    ledger = dict(
        StockMovement.objects.filter(store_id=store_id)
        .values_list("product__sku")
        .annotate(promised=Sum("reserved_change"))
        .order_by("product__sku")
    )
    return {sku: (int(reserved[sku]), int(lines.get(sku, 0)), int(ledger.get(sku, 0))) for sku in reserved}


def _judge(
    attempts: list[Attempt], store_id: int, *, units: int, rounds: int, took_s: float
) -> dict[str, Figure]:
    wins = Counter(number for number, outcome, _ in attempts if outcome == WON)
    others = [outcome for _, outcome, _ in attempts if outcome not in {WON, LOST}]
    promised = count_promised(store_id)
    exact = sum(
        wins[number] == units and promised[get_sku(number)] == (units, units, units)
        for number in range(rounds)
    )
    milliseconds = sorted(seconds * 1000 for _, _, seconds in attempts)
    return {
        "rounds_exact": bench.exactly(exact, rounds),
        "units_oversold": bench.exactly(sum(max(wins[n] - units, 0) for n in range(rounds)), 0),
        "units_unsold": bench.exactly(sum(max(units - wins[n], 0) for n in range(rounds)), 0),
        "other_errors": bench.exactly(len(others), 0),
        "attempts": Figure(len(attempts)),
        "attempts_per_s": Figure(round(len(attempts) / took_s, 1)),
        "attempt_p50_ms": Figure(round(statistics.median(milliseconds), 1)),
        "attempt_p99_ms": Figure(round(milliseconds[int(len(milliseconds) * 0.99)], 1)),
    }
