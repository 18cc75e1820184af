"""Websockets: the store's board and the customer's page."""

import asyncio
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from bopis import clock
from bopis.errors import DomainError
from orders import board, tracking
from orders.models import Order, Store
from orders.permissions import works_at
from orders.snapshot import get_revisions, get_snapshot

NOT_YOUR_STORE = 4403  # private close code; the page shows "no access" and stops retrying
NO_SUCH_ORDER = 4404
BEAT_S = 5  # a push that got lost is noticed within this


class BoardConsumer(AsyncJsonWebsocketConsumer):
    """
    Streams one store's board to an associate.

    Server to client: {"type": "snapshot", ...} on connect and when asked for,
    {"type": "card", "now", "card"} per change, {"type": "gone", "order"} for a
    card that left the board, and every five seconds {"type": "beat", "now",
    "revisions": {order: revision}} with all cards on the board: whoever misses
    one asks again by sending {"type": "snapshot?"}. The client acts through the
    REST API. The highest revision of a card wins.
    """

    store: Store
    group: str | None = None
    beat: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        if not await self._find_store(self.scope["url_route"]["kwargs"]["store_code"]):
            # Accepted first: a browser tells a refused handshake from no network only so.
            await self.accept()
            await self.close(code=NOT_YOUR_STORE)
            return
        # Join before reading: a change made in between then arrives twice
        # (the client keeps the highest revision) rather than never.
        self.group = board.group_name(self.store.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send_json(await self._snapshot())
        self.beat = asyncio.create_task(self._send_beats())

    async def disconnect(self, code: int) -> None:
        if self.beat:
            self.beat.cancel()
            with suppress(asyncio.CancelledError):
                await self.beat
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "snapshot?" and self.group:
            await self.send_json(await self._snapshot())

    async def board_card(self, message: dict[str, Any]) -> None:
        # Asked again because a socket outlives a roster: it may stay open for
        # a shift after its associate was taken off the store.
        if not await self._is_allowed():
            await self.close(code=NOT_YOUR_STORE)
            return
        card = message["card"]
        if card["lane"] is None:
            gone = {"type": "gone", "order": card["order"], "revision": card["revision"]}
            await self.send_json(gone | {"now": board.now_iso()})
        else:
            await self.send_json({"type": "card", "now": board.now_iso(), "card": card})

    @property
    def _user(self) -> Any:
        return self.scope["user"]  # lazy: a User or an AnonymousUser once looked at

    async def _send_beats(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            if not await self._is_allowed():
                await self.close(code=NOT_YOUR_STORE)
                return
            await self.send_json(
                {"type": "beat", "now": board.now_iso(), "revisions": await self._revisions()}
            )

    @database_sync_to_async
    def _find_store(self, code: str) -> bool:
        store = Store.objects.filter(code=code).first()
        if store is None or not works_at(self._user, store.pk):
            return False
        self.store = store
        return True

    @database_sync_to_async
    def _is_allowed(self) -> bool:
        return works_at(self._user, self.store.pk)

    @database_sync_to_async
    def _snapshot(self) -> dict[str, Any]:
        return {"type": "snapshot", **get_snapshot(self.store, self._user, at=clock.now())}

    @database_sync_to_async
    def _revisions(self) -> dict[str, int]:
        return get_revisions(self.store, at=clock.now())


class TrackConsumer(AsyncJsonWebsocketConsumer):
    """
    Streams one order to its customer: {"type": "state", "now", "state"} on
    connect and after each change. The client sends nothing.
    """

    order: Order
    group: str | None = None

    async def connect(self) -> None:
        await self.accept()
        if not await self._find_order(self.scope["url_route"]["kwargs"]["token"]):
            await self.close(code=NO_SUCH_ORDER)
            return
        self.group = board.track_group_name(self.order)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self._send_state()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Ignore what the client says: it acts through the API."""

    async def track_changed(self, message: dict[str, Any]) -> None:
        await self._send_state()

    async def _send_state(self) -> None:
        await self.send_json({"type": "state", "now": board.now_iso(), "state": await self._state()})

    @database_sync_to_async
    def _find_order(self, token: str) -> bool:
        try:
            self.order = tracking.get_order(token)
        except DomainError:
            return False
        return True

    @database_sync_to_async
    def _state(self) -> tracking.TrackState:
        return tracking.get_state(self.order)
