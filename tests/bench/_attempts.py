"""
A crowd of workers that place orders, are killed at any moment, and go on where they were.

Run as a process: python -m tests.bench._attempts STORE PROCESS PROCESSES ATTEMPTS THREADS LOG.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HOT, COLD = 4, 400  # products that all want, and those that few do
PLACED, REFUSED = "placed", "refused"


def get_lines(number: int) -> list[tuple[str, int]]:
    """Return the basket of an attempt, the same each time it is made: one hot product, two cold ones."""
    dice = random.Random(number)
    cold = dice.sample(range(COLD), 2)
    return [(f"hot-{number % HOT}", 1), *((f"cold-{which}", dice.randint(1, 3)) for which in cold)]


@dataclass
class Crowd:
    """Processes of some threads each that share the attempts, started again when killed."""

    store_id: int
    attempts: int
    processes: int
    threads: int
    folder: Path
    running: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def run(self, *, kills: int, every_s: float) -> int:
        """Let them work until all is attempted, killing one now and then; returns how many were killed."""
        killed = 0
        self.folder.mkdir(parents=True, exist_ok=True)
        for which in range(self.processes):
            self.get_log(which).unlink(missing_ok=True)
            self._start(which)
        next_kill_s = time.monotonic() + every_s
        while self.running:
            time.sleep(0.05)
            for which, process in list(self.running.items()):
                if (code := process.poll()) == 0:
                    del self.running[which]
                elif code is not None and code != -signal.SIGKILL:
                    raise RuntimeError(f"worker {which} ended with {code}")
                elif code is not None:
                    self._start(which)
            if killed < kills and self.running and time.monotonic() > next_kill_s:
                random.choice(list(self.running.values())).kill()
                killed += 1
                next_kill_s = time.monotonic() + every_s * random.uniform(0.5, 1.5)
        return killed

    def read(self) -> dict[int, str]:
        """Return what each attempt came to, as its worker was told."""
        return {
            number: outcome
            for which in range(self.processes)
            for number, outcome in read_log(self.get_log(which))
        }

    def get_log(self, which: int) -> Path:
        """Return where a process writes down what it was told."""
        return self.folder / f"attempts-{which}.log"

    def _start(self, which: int) -> None:
        numbers = [self.store_id, which, self.processes, self.attempts, self.threads]
        command = [sys.executable, "-m", "tests.bench._attempts", *(str(number) for number in numbers)]
        self.running[which] = subprocess.Popen([*command, str(self.get_log(which))], env=os.environ)


def read_log(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the whole lines of a log; a worker may have been killed in the middle of its last."""
    if not path.exists():
        return
    for line in path.read_text().splitlines(keepends=True):
        number, _, outcome = line.partition(" ")
        if outcome.endswith("\n"):
            yield int(number), outcome.strip()


def work(store_id: int, numbers: Sequence[int], threads: int, log: Path) -> None:
    """Make the attempts that are not in the log yet."""
    import django

    django.setup()
    from tests.bench.stock import attempt

    done = dict(read_log(log))
    # Unbuffered, and a line a write: what was written survives the kill. A torn last line is ended.
    with log.open("ab", buffering=0) as target, ThreadPoolExecutor(threads) as pool:
        target.write(b"\n" if done else b"")

        def attempt_one(number: int) -> None:
            target.write(f"{number} {attempt(store_id, number)}\n".encode())

        outcomes = pool.map(attempt_one, (number for number in numbers if number not in done))
        Counter(outcomes)  # raises what they raised


if __name__ == "__main__":
    store, which, processes, attempts, threads = (int(number) for number in sys.argv[1:6])
    work(store, range(which, attempts, processes), threads, Path(sys.argv[6]))
