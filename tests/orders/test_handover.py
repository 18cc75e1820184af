from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bopis.errors import TransitionError
from notifications.models import Message
from orders.models import Handover, Order, StockLevel, StockMovement, Task
from orders.services import handover, packing, undoing, visits
from orders.signals import order_closed
from tests import world
from tests.world import BREAD, NOON

SOON = NOON + timedelta(seconds=95)


@pytest.fixture
def ready(store, ana):
    """An order of bread alone, packed, its customer in bay 1 since noon."""
    order = world.pack(world.place(store, (BREAD, 2)), ana)
    spot = store.spots.get(number="1")
    visits.customer_arrived(order_id=order.pk, visit_id=7, spot_id=spot.pk, arrived_at=NOON, at=NOON)
    order.refresh_from_db()
    return order


def give(order, associate, **proof):
    return handover.hand_over(order_id=order.pk, associate_id=associate.pk, at=SOON, **proof)


class TestHandOver:
    def test_ends_the_order_the_reservation_and_the_wait(self, store, ready, ana):
        done = give(ready, ana, code=ready.pickup_code)

        ready.refresh_from_db()
        level = StockLevel.objects.get(store=store, product__sku=BREAD)
        assert (ready.status, done.wait) == ("PICKED_UP", timedelta(seconds=95))
        assert (level.on_hand, level.reserved) == (98, 0)
        assert Task.objects.get(kind="TAKE_OUT").status == "DONE"
        assert Message.objects.filter(order_id=ready.pk, kind="PICKED_UP").count() == 1

    def test_takes_the_code_as_people_type_it(self, ready, ana):
        spaced = f" {ready.pickup_code[:3].lower()} {ready.pickup_code[3:]} "

        assert give(ready, ana, code=spaced).method == "CODE"

    def test_repeated_returns_the_same_handover_and_takes_the_stock_once(self, ready, ana):
        first = give(ready, ana, code=ready.pickup_code)
        second = give(ready, ana, code=ready.pickup_code)

        assert first == second
        assert StockMovement.objects.filter(kind="CONSUME").count() == 1

    def test_refuses_an_order_that_is_not_ready(self, order, ana):
        with pytest.raises(TransitionError):
            give(order, ana, code=order.pickup_code)

    def test_counts_wrong_codes_and_locks_after_five(self, ready, ana):
        left = []
        for _ in range(5):
            with pytest.raises(handover.WrongPickupCodeError) as refusal:
                give(ready, ana, code="WRONG1")
            left.append(refusal.value.extra["tries_left"])

        with pytest.raises(handover.PickupCodeLockedError):
            give(ready, ana, code=ready.pickup_code)
        ready.refresh_from_db()
        assert left == [4, 3, 2, 1, 0]
        assert ready.status == "READY"

    def test_lets_a_manager_override_with_a_reason(self, ready, manager):
        done = give(ready, manager, override_reason="phone is dead, passport seen")

        assert (done.method, done.reason) == ("OVERRIDE", "phone is dead, passport seen")

    def test_refuses_an_override_by_anybody_else(self, ready, ana):
        with pytest.raises(handover.OverrideForbiddenError):
            give(ready, ana, override_reason="I know her")

    def test_tells_the_apps_above_inside_the_transaction(self, ready, ana):
        told = []

        def receive(**facts):
            told.append((facts["order_id"], facts["visit_id"], facts["reason"], facts["at"]))

        order_closed.connect(receive)
        try:
            give(ready, ana, code=ready.pickup_code)
        finally:
            order_closed.disconnect(receive)

        assert told == [(ready.pk, 7, "PICKED_UP", SOON)]

    def test_leaves_the_take_out_open_for_the_visits_other_order(self, store, ready, ana):
        other = world.pack(world.place(store, (BREAD, 1)), ana)
        visits.customer_arrived(order_id=other.pk, visit_id=7, spot_id=None, arrived_at=NOON, at=NOON)

        give(ready, ana, code=ready.pickup_code)

        assert Task.objects.get(kind="TAKE_OUT").status == "QUEUED"


class TestUndo:
    def test_brings_order_stock_and_take_out_back(self, store, ready, ana):
        packing.start(task_id=Task.objects.get(kind="TAKE_OUT").pk, associate_id=ana.pk, at=NOON)
        give(ready, ana, code=ready.pickup_code)

        for _ in range(2):
            undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=SOON + timedelta(seconds=9))

        ready.refresh_from_db()
        level = StockLevel.objects.get(store=store, product__sku=BREAD)
        assert (ready.status, level.on_hand, level.reserved) == ("READY", 100, 2)
        assert Task.objects.get(kind="TAKE_OUT").status == "QUEUED"
        assert Handover.objects.get().voided_at is not None

    def test_is_refused_after_ten_seconds(self, ready, ana):
        give(ready, ana, code=ready.pickup_code)

        with pytest.raises(undoing.UndoTooLateError):
            undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=SOON + timedelta(seconds=11))

    def test_is_refused_to_somebody_else(self, ready, ana, ben):
        give(ready, ana, code=ready.pickup_code)

        with pytest.raises(undoing.UndoTooLateError):
            undoing.undo(order_id=ready.pk, associate_id=ben.pk, at=SOON)

    def test_allows_the_handover_to_be_done_again(self, ready, ana):
        give(ready, ana, code=ready.pickup_code)
        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=SOON)

        give(ready, ana, code=ready.pickup_code)

        assert Handover.objects.filter(voided_at__isnull=True).count() == 1


class TestTheDatabase:
    def test_refuses_a_picked_up_order_without_a_handover(self, ready):
        Order.objects.filter(pk=ready.pk).update(status="PICKED_UP")

        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    @pytest.mark.parametrize(
        "impossible", [{"on_hand": -1}, {"reserved": -1}, {"reserved": 101}, {"deficit": -1}]
    )
    def test_refuses_stock_that_cannot_be(self, store, impossible):
        with pytest.raises(IntegrityError), transaction.atomic():
            StockLevel.objects.filter(store=store, product__sku=BREAD).update(**impossible)
