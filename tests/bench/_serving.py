"""The product's web server in a process of its own, and what the CPU of processes and backends comes to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from django.db import connection

from bopis.embedded.process import die_with

PATIENCE_S = 120
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@contextmanager
def serve() -> Iterator[tuple[str, int]]:
    """
    Serve the product as production does, one process; yields its address and its process id.

    The servers of the benchmark are in this process's environment, which it inherits.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "bopis.asgi:application", "--port", str(port)]
    options = ["--no-access-log", "--lifespan", "off", "--log-level", "warning"]
    process = subprocess.Popen(
        [*command, *options],
        env=os.environ | {"BOPIS_DB_POOL": "1"},
        preexec_fn=partial(die_with, os.getpid(), signal.SIGKILL),  # noqa: PLW1509  (one system call)
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(10)


def get_cpu_s(process_id: int) -> float:
    """Return the CPU seconds of a process, those of its threads and of its ended children in them."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[index]) for index in (11, 12, 13, 14)) / TICKS_PER_S


def get_backends_cpu_s() -> float:
    """
    Return the CPU seconds of PostgreSQL: of its server and all that it started, ended ones in them.

    Autovacuum, checkpoints and the log writer are what an order costs, too.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[backend]] = cursor.fetchall()
    server = _get_parent(backend)
    children = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return get_cpu_s(server) + sum(get_cpu_s(child) for child in children if _get_parent(child) == server)


def _get_parent(process_id: int) -> int:
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:  # it has just ended
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the web server did not start")
