"""Websocket clients that stay connected and remember what they saw, and when."""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

Json = dict[str, Any]
PATIENCE_S = 30
RECONNECT_S = 0.5
ALL = sys.maxsize // 2


@dataclass(frozen=True)
class Seen:
    """One message, and when it was here: wall clock, and `time.monotonic()` seconds."""

    message: Json
    at: datetime
    at_s: float


class Socket:
    """
    A page's websocket, read by a thread of its own, opened again whenever it was cut.

    :param on_message: called in that thread.
    :param kept: how many messages are remembered, at least; by default all.
    """

    def __init__(
        self,
        url: str,
        *,
        cookies: str = "",
        on_message: Callable[[Seen], None] | None = None,
        kept: int = ALL,
    ) -> None:
        self.url = url
        self._kept = kept
        self.seen: list[Seen] = []
        self.close_code: int | None = None
        self._headers = {"Cookie": cookies} if cookies else {}
        self._on_message = on_message
        self._changed = threading.Condition()
        self._is_closing = False
        self._line: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name="socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the page."""
        self._is_closing = True
        if self._line is not None:
            self._line.close()
        self._thread.join()

    def wait_for(self, fits: Callable[[Json], bool], *, patience_s: float = PATIENCE_S) -> Seen:
        """
        Return the first message that fits, waiting for it if need be.

        :raises TimeoutError: if none came in time.
        """
        deadline = time.monotonic() + patience_s
        looked_at = 0
        with self._changed:
            while True:
                for seen in self.seen[looked_at:]:
                    if fits(seen.message):
                        return seen
                looked_at = len(self.seen)
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"no such message within {patience_s:.0f} s")

    def wait_until_closed(self, *, patience_s: float = PATIENCE_S) -> int:
        """
        Return the close code of the server's goodbye.

        :raises TimeoutError: if it did not say goodbye in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.close_code is not None, patience_s):
                raise TimeoutError("the socket stays open")
        assert self.close_code is not None
        return self.close_code

    def _run(self) -> None:
        while not self._is_closing:
            try:
                self._listen()
            except OSError:
                time.sleep(RECONNECT_S)

    def _listen(self) -> None:
        origin = "http" + self.url.removeprefix("ws").split("/ws/", maxsplit=1)[0]
        with connect(
            self.url,
            origin=Origin(origin),
            additional_headers=self._headers,
            proxy=None,
            compression=None,
            open_timeout=PATIENCE_S,
        ) as line:
            self._line = line
            try:
                for text in line:
                    self._keep(Seen(json.loads(text), datetime.now(UTC), time.monotonic()))
            except ConnectionClosed:
                pass
            self._note_end(line)

    def _keep(self, seen: Seen) -> None:
        with self._changed:
            self.seen.append(seen)
            if len(self.seen) > 2 * self._kept:
                del self.seen[: self._kept]
            self._changed.notify_all()
        if self._on_message is not None:
            self._on_message(seen)

    def _note_end(self, line: ClientConnection) -> None:
        with self._changed:
            self.close_code = line.close_code
            if line.close_code is not None and line.close_code >= 4000:
                self._is_closing = True  # we are not wanted here
            self._changed.notify_all()


class Board(Socket):
    """A store's board: its cards as the last messages left them, and when each change came."""

    def __init__(self, base_url: str, store: str, cookies: str, *, kept: int = ALL) -> None:
        self.cards: dict[str, Json] = {}
        self.watchers: list[Callable[[Json | None, Json, Seen], None]] = []
        url = f"ws{base_url.removeprefix('http')}/ws/board/{store}/"
        super().__init__(url, cookies=cookies, on_message=self._update, kept=kept)

    def get_cards(self) -> list[Json]:
        """Return the cards now on the board."""
        return list(self.cards.values())

    def wait_for_card(
        self, order_id: str, fits: Callable[[Json], bool], *, patience_s: float = PATIENCE_S
    ) -> Seen:
        """
        Return the message with which the order's card first fitted.

        :raises TimeoutError: if it did not in time.
        """
        return self.wait_for(
            lambda message: any(card["order"] == order_id and fits(card) for card in cards_of(message)),
            patience_s=patience_s,
        )

    def _update(self, seen: Seen) -> None:
        if seen.message["type"] == "gone":
            self.cards.pop(seen.message["order"], None)
        if seen.message["type"] == "snapshot":
            self.cards.clear()
        for card in cards_of(seen.message):
            before = self.cards.get(card["order"])
            if before is None or before["revision"] < card["revision"]:
                self.cards[card["order"]] = card
                for watch in self.watchers:
                    watch(before, card, seen)


class TrackPage(Socket):
    """A customer's tracking page."""

    def __init__(self, base_url: str, token: str) -> None:
        super().__init__(f"ws{base_url.removeprefix('http')}/ws/track/{token}/")

    def wait_for_state(self, fits: Callable[[Json], bool], *, patience_s: float = PATIENCE_S) -> Seen:
        """
        Return the first message whose state fits.

        :raises TimeoutError: if none did in time.
        """
        return self.wait_for(
            lambda message: message["type"] == "state" and fits(message["state"]), patience_s=patience_s
        )


def cards_of(message: Json) -> list[Json]:
    """Return the cards that a board's message brings."""
    if message["type"] == "card":
        return [message["card"]]
    return list(message["cards"]) if message["type"] == "snapshot" else []


def find_task(card: Json, kind: str) -> Json | None:
    """Return the card's task of this kind, if it is shown."""
    return next((task for task in card["tasks"] if task["kind"] == kind), None)


def has_task(card: Json, kind: str, *statuses: str) -> bool:
    """Tell whether the card shows a task of this kind in one of these states."""
    task = find_task(card, kind)
    return task is not None and task["status"] in statuses
