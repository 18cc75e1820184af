from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator

from bopis import clock
from bopis.asgi import application
from bopis.authentication import create_api_key
from bopis.models import ApiKey
from orders import feeds
from orders.models import StockLevel
from tests import world
from tests.world import BREAD, MILK

# The consumer reads the database from another thread, so rows must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


def make_key(*stores, scope="orders:read"):
    _, secret = create_api_key(
        name="shop", scopes=[scope], store_ids=[store.pk for store in stores], at=clock.now()
    )
    return secret


def listen(secret, *, since=""):
    """A socket through the whole ASGI door, as a server opens it: a key and no Origin."""
    path = f"/ws/stock/?since={since}" if since else "/ws/stock/"
    headers = [(b"authorization", f"Bearer {secret}".encode()), (b"host", b"testserver")]
    return WebsocketCommunicator(application, path, headers=headers)


def sell(store, sku):
    world.place(store, (sku, 1), at=clock.now(), window=(clock.now(), clock.now().replace(year=2099)))


async def hear(socket, seconds=2.0):
    message: dict[str, Any] = await socket.receive_json_from(timeout=seconds)
    return message


async def hear_close(socket):
    await socket.connect()
    closing = await socket.receive_output(timeout=5)
    return closing["code"]


class TestStockConsumer:
    def test_gives_every_level_and_then_each_change_within_two_seconds(self, store):
        async def scenario():
            socket = listen(secret)
            await socket.connect()
            first = await hear(socket, 5)
            await sync_to_async(sell)(store, MILK)
            change = await hear(socket)
            await socket.disconnect()
            return first, change

        secret = make_key()
        first, change = async_to_sync(scenario)()

        assert {level["sku"] for level in first["levels"]} >= {MILK, BREAD}
        (level,) = change["levels"]
        assert (change["type"], level["sku"], level["available"]) == ("levels", MILK, "99.000")

    def test_loses_nothing_between_two_connections(self, store):
        async def scenario():
            socket = listen(secret)
            await socket.connect()
            cursor = (await hear(socket, 5))["cursor"]
            await socket.disconnect()
            for sku in (MILK, BREAD, MILK):
                await sync_to_async(sell)(store, sku)
            again = listen(secret, since=cursor)
            await again.connect()
            missed = await hear(again, 5)
            await again.disconnect()
            return missed

        secret = make_key()
        missed = async_to_sync(scenario)()

        assert [(level["sku"], level["reserved"]) for level in missed["levels"]] == [
            (BREAD, "1.000"),
            (MILK, "2.000"),
        ]

    def test_shows_a_key_its_own_stores_only(self, store):
        other = world.make_store("paris")

        async def scenario():
            socket = listen(secret)
            await socket.connect()
            first = await hear(socket, 5)
            await sync_to_async(sell)(store, MILK)
            await sync_to_async(sell)(other, BREAD)
            change = await hear(socket)
            await socket.disconnect()
            return first["levels"] + change["levels"]

        secret = make_key(other)

        assert {level["store"] for level in async_to_sync(scenario)()} == {"paris"}

    def test_beats_and_closes_on_a_key_that_was_revoked(self, store, monkeypatch):
        monkeypatch.setattr(feeds, "BEAT_S", 0.0)
        monkeypatch.setattr(feeds, "LOOK_S", 0.01)

        async def scenario():
            socket = listen(secret)
            await socket.connect()
            first, beat = await hear(socket, 5), await hear(socket)
            await sync_to_async(ApiKey.objects.update)(revoked_at=clock.now())
            said = [beat]
            while said[-1].get("type") != "websocket.close":
                said.append(await socket.receive_output(timeout=5))
            return first, beat, said[-1]["code"]

        secret = make_key()
        first, beat, code = async_to_sync(scenario)()

        assert (beat["type"], beat["cursor"], code) == ("beat", first["cursor"], feeds.NO_KEY)

    def test_closes_rather_than_fall_silent(self, store, monkeypatch, caplog):
        def fail(*_):
            raise RuntimeError("the database is gone")

        async def scenario():
            socket = listen(secret)
            await socket.connect()
            return await socket.receive_output(timeout=5)

        secret = make_key()
        monkeypatch.setattr(feeds.StockConsumer, "_send_levels", fail)

        assert async_to_sync(scenario)()["code"] == feeds.FAILED
        assert "a stock stream failed" in caplog.text

    @pytest.mark.parametrize(
        ("scope", "since", "code"),
        [("orders:read", "tomorrow", feeds.NO_CURSOR), ("stock:write", "", feeds.NO_SCOPE)],
    )
    def test_turns_away(self, store, scope, since, code):
        async def scenario():
            return await hear_close(listen(secret, since=since))

        secret = make_key(scope=scope)

        assert async_to_sync(scenario)() == code

    def test_turns_away_who_has_no_key(self, store):
        async def scenario():
            return await hear_close(listen("bopis_none_none"))

        assert async_to_sync(scenario)() == feeds.NO_KEY
        assert StockLevel.objects.exists()
