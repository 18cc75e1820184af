import os
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from threading import Thread

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bopis.errors import InvalidError
from orders.models import Hold, Product, StockLevel, StockMovement, Task
from orders.services import closing, facts, feed, handover, holds, placing, reconcile, stock
from tests import world
from tests.world import BREAD, ICE, MILK, NOON

TEN_MINUTES = timedelta(minutes=10)


def level_of(store, sku):
    return StockLevel.objects.get(store=store, product__sku=sku)


def count_world(store):
    """Put the shelves into the ledger too: the cast fills them without one."""
    for level in StockLevel.objects.filter(store=store):
        StockMovement.objects.create(
            store=store,
            product=level.product,
            kind="SET",
            on_hand_change=level.on_hand,
            occurred_at=NOON,
            actor="api:test",
        )


def keep(store, *, length=TEN_MINUTES, **quantities):
    wanted = {sku: Decimal(quantity) for sku, quantity in quantities.items()}
    return holds.hold(store_id=store.pk, quantities=wanted, length=length, at=NOON, actor="api:test")


def place_with(store, hold, *lines, at=NOON):
    basket = world.make_basket(*lines)
    with_hold = placing.Basket(**(vars(basket) | {"hold_id": hold.public_id}))
    return placing.place_order(store_id=store.pk, basket=with_hold, at=at, actor="api:test")


class TestHold:
    def test_keeps_units_from_other_buyers(self, store):
        keep(store, milk=100)

        with pytest.raises(stock.OutOfStockError):
            world.place(store, (MILK, 1))

    def test_gives_them_to_its_order_alone(self, store):
        hold = keep(store, milk=100)

        place_with(store, hold, (MILK, 100))

        hold.refresh_from_db()
        assert (hold.status, level_of(store, MILK).reserved) == ("USED", 100)
        assert reconcile_is_clean(store)

    def test_is_given_back_when_its_time_is_over(self, store):
        hold = keep(store, milk=100)

        assert holds.expire_due(at=NOON + TEN_MINUTES) == 1
        assert holds.expire_due(at=NOON + TEN_MINUTES) == 0

        hold.refresh_from_db()
        assert (hold.status, level_of(store, MILK).reserved) == ("EXPIRED", 0)

    def test_does_not_serve_an_order_that_comes_too_late(self, store):
        hold = keep(store, milk=100)

        with pytest.raises(holds.HoldOverError):
            place_with(store, hold, (MILK, 100), at=NOON + TEN_MINUTES)

        assert level_of(store, MILK).reserved == 100

    def test_serves_one_order_only(self, store):
        hold = keep(store, milk=10)
        place_with(store, hold, (MILK, 10))

        with pytest.raises(holds.HoldOverError):
            place_with(store, hold, (MILK, 10))

    def test_is_released_once(self, store):
        hold = keep(store, milk=10)

        for _ in range(2):
            holds.release(public_id=hold.public_id, store_ids=None, at=NOON, actor="api:test")

        assert level_of(store, MILK).reserved == 0
        assert StockMovement.objects.filter(hold=hold, kind="RELEASE").count() == 1

    def test_of_another_store_is_not_there(self, store):
        hold = keep(store, milk=10)

        with pytest.raises(holds.HoldNotFoundError):
            holds.release(public_id=hold.public_id, store_ids=[store.pk + 1], at=NOON, actor="api:test")

    @pytest.mark.parametrize("wrong", [{"length": timedelta(hours=1)}, {"milk": 501}, {"milk": "0.5"}])
    def test_refuses_to_hoard(self, store, wrong):
        with pytest.raises(InvalidError):
            keep(store, **({"milk": 1} | wrong))

        assert not Hold.objects.exists()


def fact(sequence, kind, quantity, *, sku=MILK, at=NOON):
    return facts.Fact(sequence, sku, kind, Decimal(quantity), at)


def tell(store, *some, source="till-1", at=NOON):
    receipts = facts.record(store_id=store.pk, source=source, facts=some, at=at, actor="api:pos")
    return [receipt.outcome for receipt in receipts]


class TestFacts:
    def test_of_a_sale_take_from_the_same_shelf(self, store):
        assert tell(store, fact(1, "SALE", 3), fact(2, "REFUND", 1)) == ["applied", "applied"]
        assert level_of(store, MILK).on_hand == 98

    def test_count_once_however_often_they_are_sent(self, store):
        assert tell(store, fact(1, "SALE", 3)) == ["applied"]
        assert tell(store, fact(1, "SALE", 3)) == ["repeated"]
        assert tell(store, fact(1, "SALE", 3), source="till-2") == ["applied"]
        assert level_of(store, MILK).on_hand == 94

    def test_from_before_a_count_are_in_the_count(self, store):
        tell(store, fact(9, "COUNT", 50))

        late = fact(8, "SALE", 3, at=NOON - timedelta(minutes=1))

        assert tell(store, late) == ["superseded"]
        assert level_of(store, MILK).on_hand == 50

    def test_that_contradict_a_promise_become_a_deficit_and_a_proposal(
        self, store, django_capture_on_commit_callbacks
    ):
        old = world.place(store, (MILK, 60), at=NOON - TEN_MINUTES)
        new = world.place(store, (MILK, 40))

        with django_capture_on_commit_callbacks(execute=True):
            tell(store, fact(1, "COUNT", 70))

        level = level_of(store, MILK)
        assert (level.on_hand, level.reserved, level.deficit, level.available) == (70, 100, 30, 0)
        assert [task.order for task in Task.objects.filter(kind="FIX")] == [new]
        assert old.tasks.filter(kind="FIX").count() == 0

    def test_never_sell_below_zero(self, store):
        tell(store, fact(1, "SALE", 101))

        assert level_of(store, MILK).on_hand == 0

    def test_about_something_unknown_leave_the_others_alone(self, store):
        assert tell(store, fact(1, "SALE", 1, sku="caviar"), fact(2, "SALE", 1)) == [
            "unknown-sku",
            "applied",
        ]

    def test_from_the_future_are_refused_whole(self, store):
        with pytest.raises(InvalidError):
            tell(store, fact(1, "SALE", 1), fact(2, "SALE", 1, at=NOON + timedelta(hours=1)))

        assert level_of(store, MILK).on_hand == 100


class TestFeed:
    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def store(self, transactional_db):
        return world.make_store()

    def read(self, cursor):
        page = feed.read(store_ids=None, cursor=cursor)
        return [level.product.sku for level in page.levels], page.cursor

    def test_gives_everything_and_then_what_changed(self, store):
        first, cursor = self.read(feed.START)
        tell(store, fact(1, "SALE", 1))
        changed, newest = self.read(cursor)

        assert sorted(first) == [BREAD, ICE, MILK]
        assert changed == [MILK]
        assert self.read(newest)[0] == []

    def test_misses_nothing_that_commits_out_of_order(self, store):
        paris = world.make_store("paris")
        _, cursor = self.read(feed.START)

        def sell_bread():
            tell(paris, fact(2, "SALE", 1, sku=BREAD))
            connection.close()

        with transaction.atomic():
            tell(store, fact(1, "SALE", 1))  # has the lower number, and commits last
            other = Thread(target=sell_bread)
            other.start()
            other.join()
            during, cursor = self.read_elsewhere(cursor)

        after, _ = self.read(cursor)

        assert (during, sorted(after)) == ([], [BREAD, MILK])

    def test_is_not_held_back_by_another_database_of_the_server(self, store):
        server = os.environ["DATABASE_URL"].rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres") as elsewhere:
            elsewhere.execute("SELECT pg_current_xact_id()")  # a transaction that writes, and stays open
            found, _ = self.read(feed.START)

        assert sorted(found) == [BREAD, ICE, MILK]

    def read_elsewhere(self, cursor):
        result = []

        def read():
            result.append(self.read(cursor))
            connection.close()

        thread = Thread(target=read)
        thread.start()
        thread.join()
        return result[0]

    def test_goes_on_page_by_page(self, store):
        page = feed.read(store_ids=None, cursor=feed.START, limit=2)
        rest = feed.read(store_ids=None, cursor=page.cursor, limit=2)

        assert (len(page.levels), page.has_more) == (2, True)
        assert (len(rest.levels), rest.has_more) == (1, False)

    @pytest.mark.parametrize("cursor", ["", "1", "a-b", "1-2-3", "-1-2"])
    def test_refuses_a_cursor_of_somebody_else(self, store, cursor):
        with pytest.raises(feed.InvalidCursorError):
            feed.read(store_ids=None, cursor=cursor)


def reconcile_is_clean(store):
    count_world(store)
    return reconcile.find_differences() == []


class TestReconcile:
    def test_finds_nothing_after_a_whole_life(self, store, ana):
        count_world(store)
        kept, canceled, gone = (world.place(store, (BREAD, 2)) for _ in range(3))
        keep(store, milk=5)
        closing.cancel(order_id=canceled.pk, reason="", at=NOON, actor="api:shop")
        world.pack(gone, ana)
        handover.hand_over(order_id=gone.pk, associate_id=ana.pk, code=gone.pickup_code, at=NOON)
        tell(store, fact(1, "SALE", 3), fact(2, "COUNT", 4, at=NOON + timedelta(seconds=1)))

        assert reconcile.find_differences() == []
        assert kept.status == "PLACED"

    def test_finds_a_unit_that_nothing_explains(self, store):
        count_world(store)
        StockLevel.objects.filter(store=store, product__sku=MILK).update(on_hand=99)

        (difference,) = reconcile.find_differences()

        assert (difference.what, difference.level, difference.explained) == ("on-hand", 99, 100)

    @pytest.mark.django_db(transaction=True)
    def test_as_a_command_fails_when_there_is_one(self, transactional_db):
        store = world.make_store()
        count_world(store)
        call_command("reconcile", stdout=StringIO())

        StockLevel.objects.filter(store=store, product=Product.objects.get(sku=MILK)).update(on_hand=99)

        with pytest.raises(CommandError):
            call_command("reconcile", "--json", stdout=StringIO())
