"""A small RTSP server for pictures made in memory: RTP/JPEG over TCP, on loopback only."""

import asyncio
import base64
import secrets
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from vision.rendering import jpeg

MAX_REQUEST_BYTES = 16_384
MAX_UNSENT_BYTES = 1_000_000  # a client that is this far behind misses pictures instead of memory


class Picture(Protocol):
    """What a source gives: a BGR uint8 picture; anything else on it is the source's own."""

    @property
    def image(self) -> npt.NDArray[np.uint8]: ...


P = TypeVar("P", bound=Picture)


class Behavior(Enum):
    """How the server treats its clients; all but SERVE are for trying out faults."""

    SERVE = "serve"
    FREEZE = "freeze"  # answers, but sends no picture
    HANG = "hang"  # takes the connection and never says a word


@dataclass(eq=False)
class _Client:
    writer: asyncio.StreamWriter
    talk: asyncio.Task[None] | None
    session: str = field(default_factory=lambda: secrets.token_hex(8))
    channel: int = 0
    is_playing: bool = False
    sequence: int = field(default_factory=lambda: secrets.randbelow(1 << 16))
    source: int = field(default_factory=lambda: secrets.randbelow(1 << 32))

    def is_behind(self) -> bool:
        return self.writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES


class RtspServer(Generic[P]):
    """
    Serves what `source` gives for each moment, in real time, to any number of clients.

    Pictures are asked for and encoded only while somebody plays. The server may be
    stopped and started again; it keeps its port, so that clients find it again.

    :param source: gives the picture for the seconds since the (first) start.
    :param on_sent: is told each picture and `time.monotonic()` just before the first client gets it.
    """

    def __init__(
        self,
        source: Callable[[float], P],
        *,
        fps: float = 15,
        port: int = 0,
        quality: int = 88,
        credentials: tuple[str, str] | None = None,
        on_sent: Callable[[P, float], None] | None = None,
    ) -> None:
        self.behavior = Behavior.SERVE
        self.port = port
        self.started_at: float | None = None
        self._source, self._fps, self._quality, self._on_sent = source, fps, quality, on_sent
        self._token = base64.b64encode(":".join(credentials).encode()).decode() if credentials else None
        self._clients: set[_Client] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """The address to play, without credentials."""
        return f"rtsp://127.0.0.1:{self.port}/lot"

    def start(self) -> None:
        """
        Listen, in a thread of its own; returns when clients can connect.

        :raises OSError: if the port is taken.
        """
        ready = threading.Event()
        failures: list[OSError] = []
        self._thread = threading.Thread(target=self._run, args=(ready, failures), name="rtsp", daemon=True)
        self._thread.start()
        ready.wait()
        if failures:
            self._thread.join()
            raise failures[0]

    def stop(self) -> None:
        """
        Drop every client and stop listening; a second call does nothing.
        """
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    def drop_clients(self) -> None:
        """
        Cut every connection, as a bad cable does; clients may come back at once.
        """
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for client in list(self._clients):
            client.writer.transport.abort()

    def _run(self, ready: threading.Event, failures: list[OSError]) -> None:
        try:
            asyncio.run(self._serve(ready))
        except OSError as error:
            failures.append(error)
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._converse, "127.0.0.1", self.port, limit=MAX_REQUEST_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        self.started_at = self.started_at or time.monotonic()
        ready.set()
        playing = asyncio.create_task(self._play())
        await self._stopping.wait()
        playing.cancel()
        server.close()
        self._abort_all()
        if talks := [client.talk for client in self._clients if client.talk is not None]:
            await asyncio.wait(talks, timeout=2)

    async def _play(self) -> None:
        """Send a picture to all who play, at the server's rate, never catching up on missed ones."""
        assert self.started_at is not None
        due = time.monotonic()
        while True:
            due = max(due + 1 / self._fps, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            if self.behavior is Behavior.SERVE and any(client.is_playing for client in self._clients):
                picture = self._source(time.monotonic() - self.started_at)
                self._send(picture, jpeg.take_apart(self._encode(picture.image)))

    def _encode(self, image: npt.NDArray[np.uint8]) -> bytes:
        options = [
            cv2.IMWRITE_JPEG_QUALITY,
            self._quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
        ]
        return cv2.imencode(".jpg", image, options)[1].tobytes()

    def _send(self, picture: P, parts: jpeg.RtpJpeg) -> None:
        now = time.monotonic()
        if self._on_sent is not None:
            self._on_sent(picture, now)
        for client in self._clients:
            if not client.is_playing or client.is_behind():
                continue
            packets = jpeg.packets(
                parts,
                sequence=client.sequence,
                timestamp=int(now * jpeg.CLOCK_HZ),
                source=client.source,
            )
            client.sequence += len(packets)
            head = b"$" + bytes([client.channel])
            client.writer.write(b"".join(head + struct.pack(">H", len(p)) + p for p in packets))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer, asyncio.current_task())
        self._clients.add(client)
        try:
            while request := await _next_request(reader):
                if self.behavior is not Behavior.HANG:
                    self._answer(client, request)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went away, or speaks something else
        finally:
            self._clients.discard(client)
            writer.close()

    def _answer(self, client: _Client, request: "_Request") -> None:
        status, headers, body = self._reply(client, request)
        lines = [f"RTSP/1.0 {status}", f"CSeq: {request.headers.get('cseq', '0')}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        client.writer.write("\r\n".join([*lines, "", body]).encode())

    def _reply(self, client: _Client, request: "_Request") -> tuple[str, list[str], str]:
        if self._token and request.headers.get("authorization") != f"Basic {self._token}":
            return "401 Unauthorized", ['WWW-Authenticate: Basic realm="lot"'], ""
        session = f"Session: {client.session};timeout=60"
        match request.method:
            case "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER":
                answer = "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"], ""
            case "DESCRIBE":
                headers = [f"Content-Base: {self.url}/", "Content-Type: application/sdp"]
                answer = "200 OK", headers, self._sdp()
            case "SETUP" if "TCP" in (transport := request.headers.get("transport", "")):
                client.channel = _channel(transport)
                channels = f"{client.channel}-{client.channel + 1}"
                answer = "200 OK", [f"Transport: RTP/AVP/TCP;unicast;interleaved={channels}", session], ""
            case "SETUP":
                answer = "461 Unsupported Transport", [], ""
            case "PLAY" | "PAUSE" | "TEARDOWN":
                client.is_playing = request.method == "PLAY"
                answer = "200 OK", [session], ""
            case _:
                answer = "501 Not Implemented", [], ""
        return answer

    def _sdp(self) -> str:
        lines = [
            "v=0",
            "o=- 0 0 IN IP4 127.0.0.1",
            "s=lot",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            f"m=video 0 RTP/AVP {jpeg.PAYLOAD_TYPE}",
            f"a=framerate:{self._fps:g}",
            "a=control:track",
        ]
        return "\r\n".join([*lines, ""])


@dataclass(frozen=True)
class _Request:
    method: str
    headers: dict[str, str]


async def _next_request(reader: asyncio.StreamReader) -> _Request | None:
    """Return the next request, passing over the client's own RTCP packets; None at the end."""
    while first := await reader.read(1):
        if first == b"$":
            _, length = struct.unpack(">BH", await reader.readexactly(3))
            await reader.readexactly(length)
            continue
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines if ":" in line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        await reader.readexactly(min(int(headers.get("content-length", "0")), MAX_REQUEST_BYTES))
        return _Request(request_line.split(" ", 1)[0].upper(), headers)
    return None


def _channel(transport: str) -> int:
    _, _, channels = transport.partition("interleaved=")
    first = channels.split(";")[0].split("-")[0]
    return int(first) if first.isdigit() and int(first) < 255 else 0
