"""The stock feed as a stream: what GET /api/v1/stock/ answers, pushed to whoever listens."""

import asyncio
import logging
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from bopis import clock
from bopis.authentication import find_key
from bopis.models import ApiKey
from orders.api import fields
from orders.services import feed

logger = logging.getLogger(__name__)

NO_KEY = 4401  # private close codes: no valid key,
NO_SCOPE = 4403  # a key that may not read,
NO_CURSOR = 4400  # a cursor that is none
FAILED = 1011
LOOK_S = 1.0  # one look at an index for each listener: a change is there within two seconds
BEAT_S = 15.0


class StockConsumer(AsyncJsonWebsocketConsumer):
    """
    Streams stock levels to an integrator: ws/stock/?since=CURSOR, its API key in the Authorization header.

    Server to client: {"type": "levels", "now", "levels", "cursor"} with each level that changed since the
    last cursor, as it is now, and {"type": "beat", "now", "cursor"} every 15 seconds. Without `since` all
    levels come first. Whoever lost the connection comes again with the last cursor, and has missed
    nothing: the cursor is a place in the database, not in this stream. The client says nothing.
    """

    key: ApiKey
    cursor: str = feed.START
    stream: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        # Accepted first: the close code says what is wrong, which a refused handshake cannot.
        await self.accept()
        refusal = await self._find_refusal()
        if refusal is not None:
            await self.close(code=refusal)
            return
        self.stream = asyncio.create_task(self._stream_or_close())

    async def disconnect(self, code: int) -> None:
        if self.stream:
            self.stream.cancel()
            with suppress(asyncio.CancelledError):
                await self.stream

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Ignore what the client says."""

    async def _stream_or_close(self) -> None:
        try:
            await self._stream()
        except Exception:
            # Whoever listens comes again with its cursor; an open socket that says nothing would keep it.
            logger.exception("a stock stream failed")
            await self.close(code=FAILED)

    async def _stream(self) -> None:
        loop = asyncio.get_running_loop()
        next_beat = loop.time() + BEAT_S
        while True:
            page = await self._read()
            if page.levels:
                await self._send_levels(page)
            if loop.time() >= next_beat:
                # A socket outlives a key: whoever lost it is told so at the next beat.
                if refusal := await self._find_refusal():
                    await self.close(code=refusal)
                    return
                await self.send_json({"type": "beat", "now": _now(), "cursor": self.cursor})
                next_beat = loop.time() + BEAT_S
            if not page.has_more:
                await asyncio.sleep(LOOK_S)

    async def _send_levels(self, page: feed.Page) -> None:
        self.cursor = page.cursor
        levels = fields.StockOutput(page.levels, many=True).data
        await self.send_json({"type": "levels", "now": _now(), "levels": levels, "cursor": page.cursor})

    @database_sync_to_async
    def _find_refusal(self) -> int | None:
        headers = dict(self.scope["headers"])
        key = find_key(headers.get(b"authorization", b"").decode("latin-1"))
        if key is None:
            return NO_KEY
        if not key.allows("orders:read"):
            return NO_SCOPE
        self.key = key
        if self.cursor == feed.START:
            asked = parse_qs(self.scope["query_string"].decode("latin-1"))
            self.cursor = asked.get("since", [feed.START])[0]
        try:
            feed.read(store_ids=[], cursor=self.cursor, limit=1)
        except feed.InvalidCursorError:
            return NO_CURSOR
        return None

    @database_sync_to_async
    def _read(self) -> feed.Page:
        # The key's stores are asked for at each look, as they are at each request.
        store_ids = list(self.key.stores.values_list("pk", flat=True)) or None
        return feed.read(store_ids=store_ids, cursor=self.cursor)


def _now() -> str:
    return clock.now().isoformat()
