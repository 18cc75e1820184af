"""How a process becomes a user of the embedded servers: attach to the running ones, or start them."""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bopis.embedded.process import EmbeddedServerError

PROJECT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_S = 120  # a cold, busy machine running initdb; usually it takes a second
USERS_LOCK = "users.lock"  # every user holds it shared, for life; the supervisor asks whether it is free
START_LOCK = "start.lock"  # held by the one that looks whether to start a supervisor
SUPERVISOR_LOCK = "supervisor.lock"  # held by the supervisor, for life
RUN_FILE = "run.json"

# Locks of this process by data folder. A lock is the kernel's: kill -9 gives it back, a fork shares it.
_held: dict[Path, int] = {}


@dataclass(frozen=True)
class Servers:
    """Where the servers of a data folder listen; it is run.json, readable by its owner only."""

    supervisor_pid: int
    database_url: str
    redis_url: str

    def write(self, var: Path) -> None:
        """Put it into the data folder, whole or not at all."""
        draft = var / f"{RUN_FILE}.new"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            json.dump(asdict(self), file)
        draft.replace(var / RUN_FILE)

    @classmethod
    def read(cls, var: Path) -> "Servers | None":
        """Return what is there, or None; a file that makes no sense is none."""
        try:
            found: dict[str, Any] = json.loads((var / RUN_FILE).read_text())
            return cls(**found)
        except (FileNotFoundError, ValueError, TypeError):
            return None


def attach(var: Path, *, throwaway: bool = False) -> Servers:
    """
    Make this process a user of the folder's servers, and start them if nobody has.

    :raises EmbeddedServerError: if they do not start.
    """
    var.mkdir(parents=True, exist_ok=True)
    if var not in _held:
        # Waits while a supervisor is on its way out: it keeps users away until it has gone.
        _held[var] = take(var / USERS_LOCK, fcntl.LOCK_SH)
    deadline = time.monotonic() + START_TIMEOUT_S
    with _locked(var / START_LOCK):
        while time.monotonic() < deadline:
            servers = Servers.read(var)
            if servers is not None and is_taken(var / SUPERVISOR_LOCK):
                return servers
            if not is_taken(var / SUPERVISOR_LOCK):
                _start_supervisor(var, throwaway=throwaway)
            time.sleep(0.05)
    raise EmbeddedServerError(f"the servers of {var} did not come up: see {var}/log")


def release(var: Path) -> None:
    """Stop being a user; the servers end a few seconds after the last one did."""
    if (lock := _held.pop(var, None)) is not None:
        os.close(lock)


def take(path: Path, how: int) -> int:
    """
    Return an open file that holds the lock until it is closed or the process has gone.

    :raises BlockingIOError: with LOCK_NB, if someone else holds it.
    """
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, how)
    except BaseException:
        os.close(file)
        raise
    return file


def is_taken(path: Path) -> bool:
    """Tell whether some process holds the lock."""
    try:
        os.close(take(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError:
        return True
    return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = take(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(lock)


def _start_supervisor(var: Path, *, throwaway: bool) -> None:
    """Run the supervisor, which goes to the background of its own accord when it is ready."""
    command = [sys.executable, "-m", "bopis.embedded.supervisor", str(var)]
    started = subprocess.run(
        [*command, "--throwaway"] if throwaway else command,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        start_new_session=True,  # Ctrl-C in this terminal is not meant for the others' servers
        check=False,
    )
    if started.returncode != 0:
        raise EmbeddedServerError(started.stderr.strip() or "the supervisor ended without a word")
