"""The product's processes, started together and ended together: for the demo, and for journeys in tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from celery import Celery

from bopis.embedded.process import die_with

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120  # importing torch on a cold and busy machine
STOP_S = 8  # for all together; then kill -9
QUEUES = {"default": "worker", "vision": "vision"}  # Celery queue to the process that serves it
ORDER_OF_ENDING = ("camera", "beat", "vision", "worker", "web")  # those who send before those who receive


class ProcessError(Exception):
    """A process of the product ended, or never became ready; the message names its log."""


@dataclass(frozen=True)
class Surroundings:
    """What all processes of one run share."""

    database_url: str
    redis_url: str
    var: Path
    port: int

    @property
    def base_url(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"

    def get_environment(self) -> dict[str, str]:
        """Return the environment for a process of this run, made from this process's own."""
        return clean(os.environ) | {
            "DJANGO_SETTINGS_MODULE": "bopis.settings",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "BOPIS_VAR": str(self.var),
            "BOPIS_PUBLIC_URL": self.base_url,
            "BOPIS_DB_POOL": "1",  # none of them forks, and a connection costs more than a task
            # One thread a process for arithmetic: with several on two cores they wait for each other.
            "OMP_NUM_THREADS": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
            "PYTHONUNBUFFERED": "1",
        }


@dataclass
class Fleet:
    """
    Web server, both Celery workers, beat and the camera loop, as production runs them, one of each.

    They die with this process, however it ends, and with the thread that started them: start them in
    the main thread.
    """

    surroundings: Surroundings
    logs: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start all of them; `wait_until_ready` follows."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for name, command in self._get_commands().items():
            self.processes[name] = self._start(name, command)

    def wait_until_ready(self, say: Callable[[str], None]) -> None:
        """
        Return when the web server and both workers answer, the vision worker with its network loaded.

        :raises ProcessError: if one ends, or takes longer than two minutes.
        """
        self.wait_for("web", self._is_web_ready)
        say("the web server answers")
        with Celery(broker=self.surroundings.redis_url, set_as_current=False) as celery:
            for queue, name in QUEUES.items():
                self.wait_for(name, partial(_answers, celery, self._get_node(name)))
                say(f"the worker of queue {queue} is ready")

    def wait_for(self, name: str, is_ready: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
        """
        Return when `is_ready` says so.

        :param name: the process that is waited for.
        :raises ProcessError: if any process ends, or the patience does.
        """
        deadline = time.monotonic() + patience_s
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"{name} is not ready after {patience_s:.0f} s: see {self._get_log(name)}")
            time.sleep(0.1)

    def check(self) -> None:
        """
        Do nothing while all of them run.

        :raises ProcessError: if one has ended.
        """
        for name, process in self.processes.items():
            if (code := process.poll()) is not None:
                raise ProcessError(f"{name} ended by itself (exit code {code}): see {self._get_log(name)}")

    def stop(self) -> None:
        """End all of them, politely at first; again changes nothing."""
        for name in ORDER_OF_ENDING:
            if (process := self.processes.get(name)) is not None and process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_S
        for process in self.processes.values():
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def _get_commands(self) -> dict[str, list[str]]:
        python, port = sys.executable, str(self.surroundings.port)
        web = [python, "-m", "uvicorn", "bopis.asgi:application", "--host", "127.0.0.1", "--port", port]
        celery = [python, "-m", "celery", "--app", "bopis.celery"]
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
        # Threads, or one by one: nothing forks, so nothing can be left behind by kill -9.
        threads = ["--pool", "threads", "--concurrency", "2", "--hostname", self._get_node("worker")]
        solo = ["--pool", "solo", "--hostname", self._get_node("vision")]
        return {
            "web": [*web, "--no-access-log", "--lifespan", "off", "--log-level", "warning"],
            "worker": [*celery, "worker", *alone, "--queues", "default", *threads],
            "vision": [*celery, "worker", *alone, "--queues", "vision", *solo],
            "beat": [*celery, "beat", "--pidfile", "", "--loglevel", "WARNING"],
            "camera": [python, "manage.py", "watch_cameras"],
        }

    def _start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        with self._get_log(name).open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.surroundings.get_environment(),
                start_new_session=True,  # Ctrl-C is for this process, which then ends them in order
                preexec_fn=lambda: die_with(parent, signal.SIGKILL),  # noqa: PLW1509  (one system call)
            )

    def _get_log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _get_node(self, name: str) -> str:
        return f"{name}@bopis{os.getpid()}"

    def _is_web_ready(self) -> bool:
        try:
            return httpx.get(f"{self.surroundings.base_url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return an environment fit for a child.

    Importing cv2 puts an empty element into LD_LIBRARY_PATH, which means the current folder.
    """
    cleaned = dict(environment)
    libraries = [part for part in cleaned.pop("LD_LIBRARY_PATH", "").split(os.pathsep) if part]
    return cleaned | ({"LD_LIBRARY_PATH": os.pathsep.join(libraries)} if libraries else {})


def _answers(celery: Celery, node: str) -> bool:
    return bool(celery.control.ping(destination=[node], timeout=0.5))
