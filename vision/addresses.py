"""Camera addresses: which are allowed, where they really lead, and why one does not answer."""

import base64
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import SplitResult, unquote, urlsplit

from bopis.errors import InvalidError

ANSWER_TIMEOUT_S = 3.0
_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}  # RFC 7826, section 4.2


class CameraAddressError(InvalidError):
    """The address is none that a camera may have."""

    code: ClassVar[str] = "camera-address"


@dataclass(frozen=True)
class Source:
    """
    What to open: `target` carries the password, so it is never shown, logged or returned.
    """

    target: str
    label: str
    is_file: bool

    def __repr__(self) -> str:
        return f"Source({self.label})"


def check(url: str, *, clips: Path | None) -> None:
    """
    Refuse what is no camera's address; connects to nothing and resolves nothing.

    :param clips: the folder below which files may stand in for cameras; None allows none.
    :raises CameraAddressError: saying what is wrong, without the address.
    """
    parts = _split(url)
    if parts.scheme == "file":
        _clip(parts, clips)
    elif parts.scheme not in _DEFAULT_PORTS:
        raise CameraAddressError("a camera's address begins with rtsp://, rtsps:// or file://")
    elif not parts.hostname:
        raise CameraAddressError("the camera's address names no host")


def describe(url: str) -> str:
    """
    Return an address that may be shown: without user, password, path and query.
    """
    try:
        parts = _split(url)
    except CameraAddressError:
        return "?"
    return f"{parts.scheme}://{_host(parts)}" if parts.hostname else f"{parts.scheme}:"


def resolve(url: str, *, clips: Path | None) -> Source:
    """
    Return what to open: the file, or the address with its host's number in place of its name.

    The number that was checked is the one connected to, whatever the name says a moment later.

    :raises CameraAddressError: if the address is not allowed, or its host has no number that is.
    """
    check(url, clips=clips)
    parts = _split(url)
    if parts.scheme == "file":
        clip = _clip(parts, clips)
        return Source(str(clip), clip.name, is_file=True)
    number = _resolve_host(str(parts.hostname), _port(parts))
    host = f"[{number}]" if ":" in number else number
    user, at, _ = parts.netloc.rpartition("@")
    netloc = f"{user}{at}{host}:{_port(parts)}"
    return Source(parts._replace(netloc=netloc).geturl(), describe(url), is_file=False)


def explain_silence(source: Source) -> str:
    """
    Return why a source could not be opened, in a stable code: `no-file`, `not-a-video`, `refused`,
    `no-answer`, `unauthorized`, `not-found`, `not-rtsp` or `no-picture`.

    Talks to the camera for at most ANSWER_TIMEOUT_S a step.
    """
    if source.is_file:
        return "not-a-video" if Path(source.target).is_file() else "no-file"
    parts = urlsplit(source.target)
    try:
        with socket.create_connection((str(parts.hostname), _port(parts)), timeout=ANSWER_TIMEOUT_S) as line:
            if parts.scheme == "rtsps":
                return "no-picture"  # it takes connections; what it says behind TLS is not asked
            line.settimeout(ANSWER_TIMEOUT_S)
            line.sendall(_describe_request(parts))
            answer = line.recv(64).decode("latin-1")
    except TimeoutError:
        return "no-answer"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "no-answer"
    return _explain_answer(answer)


def _explain_answer(answer: str) -> str:
    version, _, rest = answer.partition(" ")
    if not version.startswith("RTSP/"):
        return "not-rtsp" if answer else "no-answer"
    return {"401": "unauthorized", "403": "unauthorized", "404": "not-found"}.get(rest[:3], "no-picture")


def _describe_request(parts: SplitResult) -> bytes:
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    lines = [f"DESCRIBE {bare} RTSP/1.0", "CSeq: 1", "Accept: application/sdp"]
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()


def _split(url: str) -> SplitResult:
    if any(char.isspace() or not char.isprintable() for char in url) or len(url) > 500:
        raise CameraAddressError("the camera's address has blanks, or is too long")
    try:
        parts = urlsplit(url if "://" in url else Path(url).absolute().as_uri())
        _ = parts.port
    except ValueError:
        raise CameraAddressError("the camera's address cannot be understood") from None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS[parts.scheme]


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _clip(parts: SplitResult, clips: Path | None) -> Path:
    """Return the file, links followed, so that neither .. nor a link leads out of the folder."""
    if clips is None:
        raise CameraAddressError("files may not stand in for cameras here: no folder is set for them")
    clip = Path(unquote(parts.path)).resolve()
    if parts.netloc or not clip.is_relative_to(clips.resolve()):
        raise CameraAddressError("the file is not in the folder that is set for them")
    return clip


def _resolve_host(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CameraAddressError("the camera's host is not known") from None
    numbers = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    allowed = [number for number in numbers if not _is_off_limits(number)]
    if not allowed:
        raise CameraAddressError("the camera's host has an address that no camera has")
    return str(allowed[0])


def _is_off_limits(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Cameras sit in private networks; but never where clouds keep their metadata, nor on no or all hosts."""
    plain = getattr(number, "ipv4_mapped", None) or number
    return bool(plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved)
