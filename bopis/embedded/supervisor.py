"""The process that owns the servers of one data folder: `python -m bopis.embedded.supervisor VAR`."""

import argparse
import fcntl
import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

from bopis.embedded import attachment
from bopis.embedded.postgres import Postgres, find_bin
from bopis.embedded.process import EmbeddedServerError, choose_identity
from bopis.embedded.valkey import Valkey, find_server

logger = logging.getLogger("bopis.embedded")

LOOK_EVERY_S = 0.25
LINGER_S = 3.0  # commands often come one after the other
MOST_RESTARTS = 20  # of a server that somebody killed; one that cannot live is given up


class Supervisor:
    """Starts the servers, keeps them, and stops them when the last user has been gone for a while."""

    def __init__(self, var: Path, *, throwaway: bool, linger_s: float) -> None:
        self.var = var
        self.linger_s = linger_s
        self.restarts = 0
        self.logs: dict[str, IO[bytes]] = {
            name: (var / "log" / f"{name}.log").open("ab", buffering=0) for name in ("postgres", "valkey")
        }
        identity = choose_identity(
            binaries=[find_bin() / "postgres", find_bin() / "initdb", find_server()], var=var
        )
        self.postgres = Postgres(var, identity, throwaway=throwaway)
        self.valkey = Valkey(var, identity)

    def start(self) -> None:
        """Start both and say where they are; a run.json of before is worth nothing."""
        (self.var / attachment.RUN_FILE).unlink(missing_ok=True)
        self.valkey.start(self.logs["valkey"])
        self.postgres.start(self.logs["postgres"])
        attachment.Servers(os.getpid(), self.postgres.url, self.valkey.url).write(self.var)
        logger.info("ready")

    def keep(self) -> None:
        """Return when it is time to stop; new users are kept out from then on, until the process ends."""
        last_use = time.monotonic()
        while True:
            self._restart_the_dead()
            if self._has_users():
                last_use = time.monotonic()
            elif time.monotonic() - last_use > self.linger_s and self._close_the_door():
                return
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """Stop both, and let nothing interrupt it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        (self.var / attachment.RUN_FILE).unlink(missing_ok=True)
        self.postgres.stop()
        self.valkey.stop()
        logger.info("stopped")

    def _restart_the_dead(self) -> None:
        for name, server in (("postgres", self.postgres), ("valkey", self.valkey)):
            if server.is_running():
                continue
            self.restarts += 1
            if self.restarts > MOST_RESTARTS:
                raise EmbeddedServerError(f"{name} keeps ending: see {self.var}/log")
            logger.warning("%s ended, starting it again", name)
            server.start(self.logs[name])
            attachment.Servers(os.getpid(), self.postgres.url, self.valkey.url).write(self.var)

    def _has_users(self) -> bool:
        return attachment.is_taken(self.var / attachment.USERS_LOCK)

    def _close_the_door(self) -> bool:
        try:
            # Kept, never closed: who comes now waits until this process has gone, and starts anew.
            attachment.take(self.var / attachment.USERS_LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def main() -> int:
    """Start in the background; return 0 when the servers answer, 1 with the reason if they do not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("var", type=Path)
    parser.add_argument("--throwaway", action="store_true")
    parser.add_argument("--linger", type=float, default=LINGER_S)
    given = parser.parse_args()
    (given.var / "log").mkdir(parents=True, exist_ok=True)
    news_out, news_in = os.pipe()
    if os.fork():  # the caller waits for this one, and never for the supervisor itself
        os.close(news_in)
        with os.fdopen(news_out) as news:
            said = news.read()
        if said != "ready":
            sys.stderr.write(said or f"the supervisor died: see {given.var}/log/supervisor.log")
        return 0 if said == "ready" else 1
    os.close(news_out)
    return _run(given.var, given.throwaway, given.linger, news_in)


def _run(var: Path, throwaway: bool, linger_s: float, news: int) -> int:
    _leave_the_terminal(var / "log" / "supervisor.log")
    try:
        attachment.take(var / attachment.SUPERVISOR_LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
        supervisor = Supervisor(var, throwaway=throwaway, linger_s=linger_s)
    except (OSError, EmbeddedServerError) as error:
        os.write(news, str(error).encode())
        return 1
    return _serve(supervisor, news)


def _serve(supervisor: Supervisor, news: int) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        supervisor.start()
        os.write(news, b"ready")
        os.close(news)
        supervisor.keep()
    except (OSError, EmbeddedServerError) as error:
        logger.error("%s", error)  # noqa: TRY400  (its message says all)
        os.write(news, str(error).encode())
        return 1
    finally:
        supervisor.stop()
    return 0


def _leave(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _leave_the_terminal(log: Path) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")


if __name__ == "__main__":
    sys.exit(main())
