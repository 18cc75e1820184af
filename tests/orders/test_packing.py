from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from bopis.errors import InvalidError, TransitionError
from notifications.models import Message
from orders.models import OrderLine, StockLevel
from orders.services import claims, closing, packing, visits
from tests import world
from tests.world import BREAD, MILK, NOON


def kinds_told(order):
    return list(Message.objects.filter(order_id=order.pk).order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def ambient(order):
    return order.tasks.get(kind="PACK_AMBIENT")


def release_fresh(order):
    return visits.release_fresh_wave(order_id=order.pk, trigger="PLATE", due_at=NOON, at=NOON)


class TestStart:
    def test_begins_the_order_and_tells_the_customer_once_however_often_it_is_tapped(
        self, order, ambient, ana
    ):
        for _ in range(2):
            packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)

        order.refresh_from_db()
        assert order.status == "PREPARING"
        assert kinds_told(order) == ["ORDER_CONFIRMED", "PACKING_STARTED"]

    def test_tells_the_customer_once_for_both_waves(self, order, ana):
        world.pack(order, ana)
        packing.start(task_id=release_fresh(order).pk, associate_id=ana.pk, at=NOON)

        assert kinds_told(order).count("PACKING_STARTED") == 1

    def test_tells_the_second_associate_who_has_it(self, ambient, ana, ben):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)

        with pytest.raises(claims.TaskTakenError) as refusal:
            packing.start(task_id=ambient.pk, associate_id=ben.pk, at=NOON)

        assert refusal.value.extra["associate"] == {"id": ana.pk, "name": "Ana"}

    def test_refuses_a_fresh_wave_that_still_waits(self, order, ana):
        waiting = order.tasks.get(kind="PACK_FRESH")

        with pytest.raises(TransitionError):
            packing.start(task_id=waiting.pk, associate_id=ana.pk, at=NOON)

    def test_refuses_to_take_out_what_is_not_ready(self, order, ana):
        visits.customer_arrived(order_id=order.pk, visit_id=7, spot_id=None, arrived_at=NOON, at=NOON)
        order.refresh_from_db()

        with pytest.raises(packing.NotReadyError):
            packing.start(task_id=take_out_of(order).pk, associate_id=ana.pk, at=NOON)

    @pytest.mark.django_db(transaction=True)
    def test_gives_the_task_to_one_of_many_who_tap_together(self):
        store = world.make_store()
        task = world.place(store).tasks.get(kind="PACK_AMBIENT")
        everyone = [world.make_associate(store, f"Associate{number}") for number in range(8)]
        start_line = Barrier(len(everyone))

        def tap(associate):
            try:
                start_line.wait(timeout=10)
                packing.start(task_id=task.pk, associate_id=associate.pk, at=NOON)
            except claims.TaskTakenError:
                return False
            else:
                return True
            finally:
                connection.close()

        with ThreadPoolExecutor(len(everyone)) as threads:
            got_it = list(threads.map(tap, everyone))

        task.refresh_from_db()
        assert got_it.count(True) == 1
        assert task.associate == everyone[got_it.index(True)]
        assert task.order.events.filter(kind="started").count() == 1


def take_out_of(order):
    return order.tasks.model.objects.get(kind="TAKE_OUT", visit_id=order.visit_id)


class TestRelease:
    def test_puts_the_task_back_for_a_colleague(self, ambient, ana, ben):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
        packing.release(task_id=ambient.pk, associate_id=ana.pk, at=NOON)

        assert packing.start(task_id=ambient.pk, associate_id=ben.pk, at=NOON).associate_id == ben.pk

    def test_is_refused_to_somebody_who_does_not_have_it(self, ambient, ana, ben):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)

        with pytest.raises(claims.NotYourTaskError):
            packing.release(task_id=ambient.pk, associate_id=ben.pk, at=NOON)


class TestPick:
    @pytest.fixture
    def bread(self, order, ambient, ana):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
        return order.lines.get(product__sku=BREAD)

    def pick(self, ambient, bread, ana, quantity):
        return packing.pick(
            task_id=ambient.pk, line_id=bread.pk, quantity=Decimal(quantity), associate_id=ana.pk, at=NOON
        )

    def test_splits_a_line_of_which_less_was_found(self, order, ambient, bread, ana):
        self.pick(ambient, bread, ana, 1)

        lines = order.lines.filter(product__sku=BREAD).order_by("pk")
        assert list(lines.values_list("quantity", "status")) == [(1, "PICKED"), (1, "RESERVED")]

    @pytest.mark.parametrize("quantity", ["0", "-1", "3"])
    def test_refuses_what_cannot_be(self, order, ambient, bread, ana, quantity):
        with pytest.raises(InvalidError):
            self.pick(ambient, bread, ana, quantity)

        assert order.lines.get(product__sku=BREAD).status == "RESERVED"

    def test_refuses_a_line_of_the_other_wave(self, order, ambient, bread, ana):
        milk = order.lines.get(product__sku=MILK)

        with pytest.raises(packing.LineNotFoundError):
            self.pick(ambient, milk, ana, 1)

    def test_refuses_whoever_does_not_have_the_task(self, ambient, bread, ben):
        with pytest.raises(claims.NotYourTaskError):
            self.pick(ambient, bread, ben, 1)


class TestMarkShort:
    def test_releases_the_stock_once_and_takes_the_price_off(self, store, order, ambient, ana):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
        bread = order.lines.get(product__sku=BREAD)

        for _ in range(2):
            packing.mark_short(task_id=ambient.pk, line_id=bread.pk, associate_id=ana.pk, at=NOON)

        order.refresh_from_db()
        assert StockLevel.objects.get(store=store, product__sku=BREAD).reserved == 0
        assert order.total_minor == 250

    def test_of_everything_cancels_the_order_and_says_so(self, store, ana):
        order = world.place(store, (BREAD, 1))
        task = order.tasks.get()
        packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)
        packing.mark_short(task_id=task.pk, line_id=order.lines.get().pk, associate_id=ana.pk, at=NOON)
        packing.finish(task_id=task.pk, associate_id=ana.pk, place="B3", bags=0, all_packed=False, at=NOON)

        order.refresh_from_db()
        assert order.status == "CANCELED"
        assert kinds_told(order)[-1] == "CANCELED"


class TestFinish:
    def test_of_the_ambient_wave_says_the_truth_while_the_fresh_one_waits(self, order, ana):
        world.pack(order, ana)

        assert (order.status, order.ambient_ready_at) == ("PREPARING", NOON)
        assert kinds_told(order)[-1] == "AMBIENT_READY"

    def test_of_the_last_wave_makes_the_order_ready_and_says_so_once(self, order, ana):
        world.pack(order, ana)
        release_fresh(order)
        world.pack(order, ana)

        assert (order.status, order.ready_at) == ("READY", NOON)
        assert kinds_told(order).count("READY") == 1
        assert set(order.lines.values_list("status", flat=True)) == {"PACKED"}

    def test_needs_every_line_packed_or_a_word_that_they_are(self, order, ambient, ana):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)

        with pytest.raises(packing.LinesOpenError):
            packing.finish(
                task_id=ambient.pk, associate_id=ana.pk, place="B3", bags=1, all_packed=False, at=NOON
            )

    def test_needs_a_place(self, ambient, ana):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)

        with pytest.raises(InvalidError):
            packing.finish(
                task_id=ambient.pk, associate_id=ana.pk, place="", bags=1, all_packed=True, at=NOON
            )

    def test_repeated_changes_nothing(self, order, ambient, ana):
        world.pack(order, ana)
        before = order.events.count()

        packing.finish(task_id=ambient.pk, associate_id=ana.pk, place="B3", bags=1, all_packed=True, at=NOON)

        assert order.events.count() == before


class TestCancel:
    def test_gives_everything_back_once(self, store, order):
        for _ in range(2):
            closing.cancel(order_id=order.pk, reason="changed my mind", at=NOON, actor="api:shop")

        order.refresh_from_db()
        assert order.status == "CANCELED"
        assert not StockLevel.objects.filter(store=store, reserved__gt=0).exists()
        assert set(order.tasks.values_list("status", flat=True)) == {"CANCELED"}
        assert order.events.filter(kind="canceled").count() == 1

    def test_leaves_shorts_as_they_are(self, store, order, ambient, ana):
        packing.start(task_id=ambient.pk, associate_id=ana.pk, at=NOON)
        bread = order.lines.get(product__sku=BREAD)
        packing.mark_short(task_id=ambient.pk, line_id=bread.pk, associate_id=ana.pk, at=NOON)

        closing.cancel(order_id=order.pk, reason="", at=NOON, actor="api:shop")

        assert dict(OrderLine.objects.values_list("product__sku", "status")) == {
            BREAD: "SHORT",
            MILK: "CANCELED",
        }
        assert not StockLevel.objects.filter(store=store, reserved__gt=0).exists()
