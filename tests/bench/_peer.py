"""Where django-oscar is installed for the benchmark, and how it is asked."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from tests.bench._serving import get_backends_cpu_s

SCRIPT = Path(__file__).with_name("_oscar.py")
PACKAGES = ("django-oscar==4.2.1", "psycopg[binary]>=3.2", "setuptools<81")  # it still asks for pkg_resources


@dataclass(frozen=True)
class Peer:
    """An installed django-oscar with tables and products of its own."""

    python: Path
    environment: dict[str, str]

    def measure_cost_s(self, *, orders: int, clients: int) -> tuple[float, float]:
        """Return the CPU seconds of one order: of the application, and of PostgreSQL."""
        with self._start("cost", orders, clients) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            readings = []
            for signal in ("READY", "DONE"):
                while (line := process.stdout.readline()).strip() != signal:
                    if not line:
                        raise RuntimeError("django-oscar ended early")
                readings.append(get_backends_cpu_s())
                process.stdin.write("\n")
                process.stdin.flush()
            result = json.loads(process.stdout.read().splitlines()[-1])
        return result["cpu_s"] / orders, (readings[1] - readings[0]) / orders

    def race(self, *, rounds: int, buyers: int) -> dict[str, int]:
        """Let buyers race for one unit; returns "exact", the rounds that sold it once, and "oversold"."""
        with self._start("race", rounds, buyers) as process:
            assert process.stdout is not None
            result: dict[str, int] = json.loads(process.stdout.read().splitlines()[-1])
        return result

    def _start(self, *arguments: object) -> subprocess.Popen[str]:
        command = [str(self.python), str(SCRIPT), *(str(argument) for argument in arguments)]
        return subprocess.Popen(
            command, env=self.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )


@contextmanager
def install() -> Iterator[Peer]:
    """
    Install django-oscar into .venv-oscar unless it is there, and give it a database on the same server.
    """
    # Not under var/: its packages bring pictures, and the demo looks for stored ones there.
    folder = Path(settings.BASE_DIR) / ".venv-oscar"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "installed").touch()
    usual = urlsplit(os.environ["DATABASE_URL"])
    name = f"{usual.path.strip('/')}_oscar"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')  # our own name
        server.execute(f'CREATE DATABASE "{name}"')
        url = usual._replace(path=f"/{name}").geturl()
        environment = {"PATH": os.environ["PATH"], "OSCAR_DATABASE_URL": url}
        try:
            subprocess.run([python, SCRIPT, "prepare"], env=environment, check=True, stdout=sys.stderr)
            yield Peer(python, environment)
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
