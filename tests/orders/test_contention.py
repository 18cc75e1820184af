"""Steps of one order at the same moment: the lock makes one of them come first. Without it these fail."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from bopis.errors import DomainError
from orders.models import Handover, Order, OrderEvent, StockLevel, StockMovement
from orders.services import closing, handover, packing, payments, visits
from tests import world
from tests.world import BREAD, MILK, NOON

ROUNDS = 6  # a race that is lost one time in three is lost in one of six
CALLERS = 6

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*steps):
    """Run the steps together, each on a connection of its own; returns what each came to, in their order."""
    start_line = Barrier(len(steps))

    def run(step):
        try:
            connection.ensure_connection()
            start_line.wait(30)
            return step()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(run, steps))


def make_ready(store, ana, **facts):
    order = world.place(store, (BREAD, 1), (MILK, 1), **facts)
    visits.release_fresh_wave(order_id=order.pk, trigger="TAP", due_at=None, at=NOON)
    return world.pack(order, ana)


def give(order, ana):
    return handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=NOON).pk


def drop(order):
    closing.cancel(order_id=order.pk, reason="test", at=NOON, actor="api:test")
    return "canceled"


def count_moves(order):
    return Counter(StockMovement.objects.filter(order=order).values_list("kind", "product__sku"))


class TestHandOver:
    def test_happens_once_for_all_who_tap_together(self, store, ana):
        order = make_ready(store, ana)

        answers = at_once(*[lambda: give(order, ana)] * CALLERS)

        assert set(answers) == {Handover.objects.get(order=order).pk}
        assert count_moves(order)["CONSUME", BREAD] == 1
        assert StockLevel.objects.get(product__sku=BREAD).on_hand == 99

    def test_or_the_cancel_that_comes_with_it_is_refused(self, store, ana):
        for _ in range(ROUNDS):
            order = make_ready(store, ana)

            at_once(lambda: give(order, ana), lambda: drop(order))  # noqa: B023  # run before the next

            order.refresh_from_db()
            moves = count_moves(order)
            ended = {"PICKED_UP": "CONSUME", "CANCELED": "RELEASE"}[order.status]
            assert moves == {(kind, sku): 1 for kind in ("RESERVE", ended) for sku in (BREAD, MILK)}

    def test_counts_every_wrong_code(self, store, ana):
        order = make_ready(store, ana)

        def guess():
            return handover.hand_over(order_id=order.pk, associate_id=ana.pk, code="WRONG1", at=NOON)

        answers = at_once(*[guess] * CALLERS)

        assert Counter(answers) == {"wrong-pickup-code": 5, "pickup-code-locked": CALLERS - 5}


class TestCancel:
    def test_releases_the_stock_once(self, store, ana):
        order = make_ready(store, ana)

        at_once(*[lambda: drop(order)] * CALLERS)

        assert count_moves(order)["RELEASE", BREAD] == 1
        assert StockLevel.objects.get(product__sku=BREAD).reserved == 0
        assert OrderEvent.objects.filter(order=order, kind="canceled").count() == 1


class TestStart:
    def test_gives_a_task_to_one_of_many(self, store):
        order = world.place(store, (BREAD, 1))
        task = order.tasks.get()
        crew = [world.make_associate(store, f"Associate{number}") for number in range(CALLERS)]

        answers = at_once(
            *[
                lambda who=who: packing.start(task_id=task.pk, associate_id=who.pk, at=NOON).associate_id
                for who in crew
            ]
        )

        task.refresh_from_db()
        assert Counter(answers) == {task.associate_id: 1, "task-taken": CALLERS - 1}


class TestFinish:
    def test_with_a_cancel_leaves_nothing_reserved_or_everything(self, store, ana):
        for _ in range(ROUNDS):
            order = world.place(store, (BREAD, 1))
            task = order.tasks.get()
            packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)

            def finish(task=task):
                packing.finish(
                    task_id=task.pk, associate_id=ana.pk, place="B3", bags=1, all_packed=True, at=NOON
                )

            at_once(finish, lambda: drop(order))  # noqa: B023  # run before the next

            lines = set(order.lines.values_list("status", flat=True))
            assert (Order.objects.get(pk=order.pk).status, lines) == ("CANCELED", {"CANCELED"})
            assert count_moves(order)["RELEASE", BREAD] == 1


class TestTakeAtPickup:
    def test_writes_the_money_down_once(self, store, ana):
        order = make_ready(store, ana)
        payment = payments.open_payment(order, payments.PaymentFacts())
        assert payment is not None

        at_once(*[lambda: payments.take_at_pickup(order_id=order.pk, at=NOON, actor="pos")] * CALLERS)

        balance = payments.get_balance(payment)
        assert balance == {"CUSTOMER": 0, "SALES": -order.total_minor, "TILL": order.total_minor}
