"""Benchmarks: what one gives, the servers it has to itself, and the file that its figures go to."""

import importlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import django
import redis
from django.conf import settings
from django.db import connection

FOLDER = "tests.bench"  # one module a benchmark: its first line says what it measures, `run` does it
VALKEY_NUMBER = 15  # the last one that a Valkey has by default; the product uses lower ones


@dataclass(frozen=True)
class Figure:
    """
    One figure of a benchmark.

    :ivar goal: what it should be, in words like "<= 100"; empty where it is only told.
    """

    value: float
    goal: str = ""
    holds: bool = True


def exactly(value: float, goal: float) -> Figure:
    """Return a figure that must be the goal."""
    return Figure(value, f"== {goal:g}", value == goal)


def at_most(value: float, goal: float) -> Figure:
    """Return a figure that must not be above the goal."""
    return Figure(value, f"<= {goal:g}", value <= goal)


def at_least(value: float, goal: float) -> Figure:
    """Return a figure that must not be below the goal."""
    return Figure(value, f">= {goal:g}", value >= goal)


def get_names() -> list[str]:
    """Return the names of all benchmarks there are; none where the tests are not installed."""
    folder = settings.BASE_DIR.joinpath(*FOLDER.split("."))
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def load(name: str) -> ModuleType:
    """Return a benchmark's module; the name is one of `get_names`."""
    return importlib.import_module(f"{FOLDER}.{name}")


def run(name: str, options: Mapping[str, int]) -> dict[str, object]:
    """
    Run a benchmark, write its report to var/bench/NAME.json and return it.

    :param options: numbers that the benchmark takes, such as rounds.
    """
    started_s = time.perf_counter()
    figures: Mapping[str, Figure] = load(name).run(**options)
    took = Figure(round(time.perf_counter() - started_s, 1))
    report: dict[str, object] = {
        "name": name,
        "machine": get_machine(),
        "figures": {key: asdict(figure) for key, figure in (*figures.items(), ("took_s", took))},
    }
    path = Path(settings.BOPIS_VAR) / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    return report


def get_machine() -> dict[str, object]:
    """Return what the figures depend on; no host name, for reports are shown around."""
    page_b, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _get_processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(page_b * pages / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 1),  # others at work on the machine make figures worse
    }


@contextmanager
def own_servers() -> Iterator[None]:
    """
    Give the benchmark an empty database and a Valkey number of its own, for as long as it lasts.

    They are on the servers in use, so that the figures are those of real commits; processes started
    meanwhile find them in their environment.
    """
    before = {key: os.environ[key] for key in ("DATABASE_URL", "REDIS_URL")}
    usual_name = connection.settings_dict["NAME"]
    database = f"{usual_name}_bench"
    connection.settings_dict["TEST"]["NAME"] = database
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    os.environ["DATABASE_URL"] = urlsplit(before["DATABASE_URL"])._replace(path=f"/{database}").geturl()
    os.environ["REDIS_URL"] = urlsplit(before["REDIS_URL"])._replace(path=f"/{VALKEY_NUMBER}").geturl()
    try:
        yield
    finally:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            client.flushdb()
        os.environ.update(before)
        connection.creation.destroy_test_db(usual_name, verbosity=0)


def set_up_process(share: Callable[..., None], *shared: object) -> None:
    """
    Prepare a process that a benchmark spawned: Django first, then what it shares with the others.

    An initializer for ProcessPoolExecutor. `share` comes from a module that imports no model.
    """
    django.setup()
    share(*shared)


def _get_processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
