"""The embedded servers by real processes: users that come, go and are killed."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import redis

from bopis.embedded import attachment
from bopis.embedded.process import choose_identity

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60
USER = """
import os, sys
from bopis import embedded
embedded.provide(throwaway=True)  # no fsync: what is killed here are processes, not the machine
print(os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL"), flush=True)
sys.stdin.read()
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="about dropping root's rights")


class Process:
    """A process that uses the servers of a data folder until it is let go, or killed."""

    def __init__(self, var: Path, **environment: str) -> None:
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "BOPIS_VAR"}
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=PROJECT,
            env=clean | {"BOPIS_VAR": str(var)} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        assert self.process.stdout is not None
        self.database_url, _, self.redis_url = self.process.stdout.readline().strip().partition(" ")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        os.killpg(self.process.pid, how)
        self.process.wait(PATIENCE_S)

    def leave(self) -> None:
        self.process.communicate(timeout=PATIENCE_S)


@contextmanager
def using(var: Path, **environment: str) -> Iterator[Process]:
    user = Process(var, **environment)
    try:
        yield user
    finally:
        if user.process.poll() is None:
            user.leave()
        else:
            assert user.process.stdin
            assert user.process.stdout
            user.process.stdin.close()
            user.process.stdout.close()


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        answer = connection.execute(statement)
        return answer.fetchall() if answer.description else []


def find_processes(var: Path) -> dict[int, str]:
    """Every living process that was started for the folder or works in it, by pid."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = str((entry / "cwd").readlink())
        except OSError:
            continue
        if str(var) in command or place.startswith(f"{var}/"):
            found[int(entry.name)] = command
    return found


def find_pid(var: Path, word: str) -> int:
    return min(pid for pid, command in find_processes(var).items() if word in command)


def stop(var: Path) -> None:
    """Ask the supervisor to end, which is sooner than it would find by itself, and wait for all of it."""
    for pid in [pid for pid, command in find_processes(var).items() if "embedded.supervisor" in command]:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not find_processes(var))


def wait_for(what: object, *, patience_s: float = PATIENCE_S) -> None:
    assert callable(what)
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain"
        time.sleep(0.05)


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a folder"
    yield folder
    stop(folder)


class TestProvide:
    def test_gives_processes_that_start_together_the_same_servers(self, var: Path) -> None:
        with using(var) as first, using(var) as second:
            ask(first.database_url, "CREATE TABLE seen (by_whom text)")

            assert second.database_url == first.database_url
            assert second.redis_url == first.redis_url
            assert ask(second.database_url, "SELECT count(*) FROM seen") == [(0,)]

    def test_starts_nothing_when_both_addresses_are_given(self, var: Path) -> None:
        with using(var, DATABASE_URL="postgresql://elsewhere/db", REDIS_URL="redis://elsewhere/0") as user:
            assert user.database_url == "postgresql://elsewhere/db"
            assert user.redis_url == "redis://elsewhere/0"
        assert not var.exists()

    def test_leaves_a_given_database_address_alone(self, var: Path) -> None:
        with using(var, DATABASE_URL="postgresql://elsewhere/db") as user:
            assert user.database_url == "postgresql://elsewhere/db"
            assert user.redis_url.startswith("redis://:")

    def test_starts_nothing_in_production(self, var: Path) -> None:
        with using(var, BOPIS_ENV="production") as user:
            assert user.database_url == "None"
        assert not var.exists()

    def test_keeps_passwords_from_other_users_of_the_machine(self, var: Path) -> None:
        with using(var):
            modes = {
                name: stat.S_IMODE((var / name).stat().st_mode) for name in ("run.json", "postgres.password")
            }
            commands = " ".join(find_processes(var).values())
            password = (var / "postgres.password").read_text()

        assert modes == {"run.json": 0o600, "postgres.password": 0o600}
        assert password not in commands

    def test_has_a_valkey_that_writes_nothing_to_disk(self, var: Path) -> None:
        with using(var) as user, redis.Redis.from_url(user.redis_url) as valkey:
            assert valkey.config_get("save") == {b"save": b""} or valkey.config_get("save") == {"save": ""}
            assert list(valkey.config_get("appendonly").values()) in ([b"no"], ["no"])
            valkey.set("crop", b"fleeting")
        stop(var)

        assert list((var / "valkey").iterdir()) == []


class TestSupervisor:
    def test_stops_soon_after_its_last_user_was_killed_and_the_data_stays(self, var: Path) -> None:
        with using(var) as user:
            ask(user.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
            user.kill()
        wait_for(lambda: not find_processes(var))
        assert not (var / "run.json").exists()

        with using(var) as later:
            assert ask(later.database_url, "SELECT number FROM kept") == [(7,)]

    def test_serves_the_others_when_one_user_is_killed_or_interrupted(self, var: Path) -> None:
        with using(var) as stays, using(var) as killed, using(var) as interrupted:
            killed.kill()
            interrupted.kill(signal.SIGINT)

            assert ask(stays.database_url, "SELECT 1") == [(1,)]

    def test_leaves_no_orphan_when_it_is_killed_and_the_next_start_recovers(self, var: Path) -> None:
        with using(var) as user:
            ask(user.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
            os.kill(find_pid(var, "embedded.supervisor"), signal.SIGKILL)
            # At once: the database of before may still be on its way out.
            with using(var) as later:
                assert ask(later.database_url, "SELECT number FROM kept") == [(7,)]
                assert len([c for c in find_processes(var).values() if "-D" in c]) == 1

    def test_recovers_when_everything_was_killed_at_once(self, var: Path) -> None:
        with using(var) as user:
            ask(user.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
            user.kill()
            for pid in sorted(find_processes(var)):
                with suppress(ProcessLookupError):  # a server goes by itself with the supervisor
                    os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not find_processes(var))
        assert (var / "run.json").exists()

        with using(var) as later:
            assert ask(later.database_url, "SELECT number FROM kept") == [(7,)]

    def test_starts_a_killed_server_again_where_it_was(self, var: Path) -> None:
        with using(var) as user:
            ask(user.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
            killed = find_pid(var, "postgres -D")
            os.kill(killed, signal.SIGKILL)
            wait_for(lambda: killed not in find_processes(var))

            def is_back() -> bool:
                try:
                    return ask(user.database_url, "SELECT number FROM kept") == [(7,)]
                except psycopg.OperationalError:
                    return False

            wait_for(is_back)

    def test_is_not_misled_by_what_a_crash_left(self, var: Path) -> None:
        with using(var):
            pass
        stop(var)
        # Half of an initdb, a run.json of dead servers, a pid that is now somebody else's.
        (var / "postgres.making-1" / "data").mkdir(parents=True)
        attachment.Servers(os.getpid(), "postgresql://gone", "redis://gone").write(var)
        (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{var}/postgres\n")

        with using(var) as user:
            assert ask(user.database_url, "SELECT 1") == [(1,)]

    def test_makes_the_data_anew_when_the_first_making_was_cut_short(self, var: Path) -> None:
        (var / "postgres.making-1" / "data").mkdir(parents=True)

        with using(var) as user:
            assert ask(user.database_url, "SELECT 1") == [(1,)]
        assert not list(var.glob("postgres.making-*"))

    def test_tells_the_caller_why_it_cannot_start(self, var: Path) -> None:
        var.mkdir()
        (var / "postgres").write_text("not a folder")

        failed = subprocess.run(
            [sys.executable, "-m", "bopis.embedded.supervisor", str(var)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

        assert failed.returncode == 1
        assert "postgres" in failed.stderr


class TestIdentity:
    @needs_root
    def test_is_nobody_where_nobody_can_reach_the_tree(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="bopis-"))
        folder.chmod(0o755)
        try:
            with using(folder):
                owner = (folder / "postgres").stat().st_uid
                server = Path(f"/proc/{find_pid(folder, 'postgres -D')}").stat().st_uid
        finally:
            stop(folder)
            shutil.rmtree(folder)

        assert owner == server != 0

    @needs_root
    def test_is_powerless_in_a_namespace_where_the_tree_is_closed(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)

        identity = choose_identity(binaries=[Path("/bin/true")], var=tmp_path)

        assert identity.in_namespace

    def test_is_oneself_without_root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)

        identity = choose_identity(binaries=[], var=tmp_path)

        assert (identity.uid, identity.in_namespace) == (4711, False)


class TestServers:
    def test_are_none_when_their_file_makes_no_sense(self, tmp_path: Path) -> None:
        (tmp_path / "run.json").write_text(json.dumps({"half": "a"}))

        assert attachment.Servers.read(tmp_path) is None
