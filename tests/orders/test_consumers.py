from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.testing import WebsocketCommunicator

from orders import board, consumers
from orders.services import closing, packing
from orders.services.messages import get_tracking_url
from tests import world
from tests.world import NOON

# The consumers read the database from another thread, so rows must be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr("bopis.clock.now", lambda: NOON)


@pytest.fixture
def ambient(store, now):
    return world.place(store).tasks.get(kind="PACK_AMBIENT")


def open_board(user, code="lyon-est"):
    """A browser tab of this user, opening this store's board."""
    socket = WebsocketCommunicator(consumers.BoardConsumer.as_asgi(), "/")
    scope: Any = socket.scope
    scope |= {"user": user, "url_route": {"kwargs": {"store_code": code}}}
    return socket


async def connect(socket):
    await socket.connect()
    return await socket.receive_json_from()


class TestBoard:
    def test_shows_everything_and_then_each_change(self, ambient, ana):
        async def scenario():
            socket = open_board(ana)
            snapshot = await connect(socket)
            await sync_to_async(packing.start)(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
            change = await socket.receive_json_from()
            await socket.disconnect()
            return snapshot, change

        snapshot, change = async_to_sync(scenario)()

        assert [card["lane"] for card in snapshot["cards"]] == ["pack"]
        assert snapshot["store"]["name"] == "Lyon Est"
        (task,) = (t for t in change["card"]["tasks"] if t["kind"] == "PACK_AMBIENT")
        assert (change["type"], task["status"], task["associate"]["name"]) == ("card", "IN_PROGRESS", "Ana")
        assert change["card"]["revision"] > snapshot["cards"][0]["revision"]

    def test_shows_the_same_card_by_snapshot_and_by_change(self, ambient, ana):
        async def scenario():
            socket = open_board(ana)
            await connect(socket)
            await sync_to_async(packing.start)(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
            change = await socket.receive_json_from()
            await socket.send_json_to({"type": "snapshot?"})
            snapshot = await socket.receive_json_from()
            await socket.disconnect()
            return snapshot, change

        snapshot, change = async_to_sync(scenario)()

        assert snapshot["cards"] == [change["card"]]
        assert snapshot["crew"][0]["doing"]["kind"] == "PACK_AMBIENT"

    def test_leaves_out_what_is_only_planned_and_still_far(self, store, ana, now):
        far = world.place(store, window=(NOON + timedelta(hours=6), NOON + timedelta(hours=7)))

        async def scenario():
            socket = open_board(ana)
            snapshot = await connect(socket)
            await sync_to_async(closing.cancel)(order_id=far.pk, reason="", at=NOON, actor="api:shop")
            change = await socket.receive_json_from()
            await socket.disconnect()
            return snapshot, change

        snapshot, change = async_to_sync(scenario)()

        assert snapshot["cards"] == []
        assert [later["orders"] for later in snapshot["later"]] == [1]
        assert (change["type"], change["order"]) == ("gone", str(far.public_id))

    def test_says_the_same_of_a_far_order_by_change_as_by_snapshot(self, store, now):
        far = world.place(store, window=(NOON + timedelta(hours=6), NOON + timedelta(hours=7)))

        assert board.get_card(far)["lane"] is None
        assert board.get_cards(store_id=store.pk, at=NOON) == []

    def test_beats_with_every_cards_revision(self, ambient, ana, monkeypatch):
        monkeypatch.setattr(consumers, "BEAT_S", 0.01)

        async def scenario():
            socket = open_board(ana)
            snapshot = await connect(socket)
            beat = await socket.receive_json_from()
            await socket.disconnect()
            return snapshot, beat

        snapshot, beat = async_to_sync(scenario)()

        assert beat["revisions"] == {card["order"]: card["revision"] for card in snapshot["cards"]}

    def test_turns_away_an_associate_of_another_store(self, store, now):
        stranger = world.make_associate(world.make_store("paris"), "Zoe")

        async def scenario():
            socket = open_board(stranger)
            await socket.connect()
            return await socket.receive_output()

        assert async_to_sync(scenario)()["code"] == consumers.NOT_YOUR_STORE

    def test_closes_on_somebody_who_no_longer_works_there(self, ambient, ana, ben):
        async def scenario():
            socket = open_board(ana)
            await connect(socket)
            await sync_to_async(ana.memberships.all().delete)()
            await sync_to_async(packing.start)(task_id=ambient.pk, associate_id=ben.pk, at=NOON)
            return await socket.receive_output()

        assert async_to_sync(scenario)()["code"] == consumers.NOT_YOUR_STORE


class TestTrack:
    def open_page(self, token):
        socket = WebsocketCommunicator(consumers.TrackConsumer.as_asgi(), "/")
        scope: Any = socket.scope
        scope |= {"url_route": {"kwargs": {"token": token}}}
        return socket

    def test_follows_the_order(self, ambient, ana):
        token = get_tracking_url(ambient.order).rstrip("/").rsplit("/", 1)[-1]

        async def scenario():
            page = self.open_page(token)
            before = await connect(page)
            await sync_to_async(packing.start)(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
            after = await page.receive_json_from()
            await page.disconnect()
            return before["state"], after["state"]

        before, after = async_to_sync(scenario)()

        assert (before["status"], before["packer"]) == ("PLACED", None)
        assert (after["status"], after["packer"]) == ("PREPARING", "Ana")

    def test_closes_on_a_token_that_was_not_made_here(self, store):
        async def scenario():
            page = self.open_page("AAAA")
            await page.connect()
            return await page.receive_output()

        assert async_to_sync(scenario)()["code"] == consumers.NO_SUCH_ORDER
