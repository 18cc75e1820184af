"""Starting a server so that it has no more rights than it needs and never outlives its supervisor."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CLONE_NEWUSER = 0x10000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
NAMESPACE_ID = 1000  # who root appears as inside the namespace; any number but 0 serves
_libc = ctypes.CDLL(None, use_errno=True)


class EmbeddedServerError(Exception):
    """An embedded server cannot be had here; the message says why and what helps."""


@dataclass(frozen=True)
class Identity:
    """Who the servers run as: the user itself, or, started by root, someone who can do less."""

    uid: int
    gid: int
    in_namespace: bool = False

    def assume(self) -> None:
        """Become it; called in the child, between fork and exec."""
        if self.in_namespace:
            _enter_user_namespace()
        elif os.geteuid() != self.uid:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)


def choose_identity(*, binaries: list[Path], var: Path) -> Identity:
    """
    Return who shall run the servers; PostgreSQL refuses root.

    Root becomes `nobody` where nobody can reach the programs and the data folder. Where the tree is closed
    (a checkout under /root), a user namespace: the same owner of files, without root's rights.

    :raises EmbeddedServerError: if neither works.
    """
    own = Identity(os.geteuid(), os.getegid())
    if own.uid != 0:
        return own
    entry = pwd.getpwnam("nobody")
    nobody = Identity(entry.pw_uid, entry.pw_gid)
    if _works(lambda: _reach(nobody, binaries, var)):
        return nobody
    namespace = Identity(own.uid, own.gid, in_namespace=True)
    if _works(namespace.assume):
        return namespace
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, the user nobody cannot reach {var} or {binaries[0]}, and user"
        " namespaces are switched off. Run as another user, set BOPIS_VAR to a folder that nobody can"
        " reach, or give DATABASE_URL and REDIS_URL."
    )


def hand_over(folder: Path, identity: Identity) -> None:
    """Make the identity the owner of a folder and all in it; where it already is, this costs nothing."""
    if os.geteuid() != 0 or folder.stat().st_uid == identity.uid:
        return
    for place, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            os.chown(Path(place) / name, identity.uid, identity.gid, follow_symlinks=False)
    os.chown(folder, identity.uid, identity.gid)


def spawn(
    command: list[str],
    *,
    identity: Identity,
    cwd: Path,
    log: IO[bytes],
    on_parent_death: signal.Signals,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a server that gets the signal when this process dies, even by kill -9."""
    parent = os.getpid()

    def prepare() -> None:
        identity.assume()
        # After the change of user, which would forget it. The kernel watches the thread that forked:
        # the supervisor has only one.
        die_with(parent, on_parent_death)

    return subprocess.Popen(
        command,
        cwd=cwd,
        stdin=stdin,
        stdout=log,
        stderr=log,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509  (safe: the supervisor has no threads)
    )


def find_free_port() -> int:
    """Return a loopback port that is free now; who gets there first has it, so be ready to try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes], *signals: signal.Signals, patience_s: float = 10) -> None:
    """Send each signal in turn until the process has ended; kill -9 comes last."""
    for step in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(step)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue


def die_with(parent: int, how: signal.Signals) -> None:
    """Have the kernel send this process the signal when the parent dies; called between fork and exec."""
    if not sys.platform.startswith("linux"):
        return  # elsewhere a killed supervisor's servers are ended by the next start
    _libc.prctl(PR_SET_PDEATHSIG, how, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os.kill(os.getpid(), signal.SIGKILL)


def _enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NAMESPACE_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NAMESPACE_ID} {gid} 1")


def _reach(identity: Identity, binaries: list[Path], var: Path) -> None:
    identity.assume()
    if not all(os.access(binary, os.X_OK) for binary in binaries):
        raise PermissionError
    (var / ".").stat()


def _works(attempt: Callable[[], None]) -> bool:
    """Try it in a child, whose rights may be lost."""
    child = os.fork()
    if child == 0:
        try:
            attempt()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
