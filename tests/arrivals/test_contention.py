"""Many senses at once, each on its own connection: what the locks are for."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from arrivals import services
from arrivals.models import Arrival, ArrivalOrder, Evidence, ReadCount
from orders.models import Order, Task
from orders.services import closing
from tests import world
from tests.arrivals.conftest import cross, expect, get_bay, minutes, say, see, tap
from tests.world import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(transactional_db):
    return world.make_store(bays=8)


def at_once(*senses):
    """Run all at the same moment, each in its own thread; return what they returned."""
    start_line = Barrier(len(senses))

    def run(sense):
        try:
            start_line.wait(timeout=30)
            return sense()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(senses)) as threads:
        return list(threads.map(run, senses))


class TestOneVisit:
    def test_reported_by_eight_senses_at_once_is_one_arrival_with_one_take_out(self, store, order, ana):
        other = expect(store, customer="ines")

        got = at_once(
            lambda: see(store),
            lambda: see(store, "B0B1234"),
            lambda: cross(order),
            lambda: cross(other, "APPROACH"),
            lambda: tap(order, "3"),
            lambda: tap(other),
            lambda: say(order, ana),
            lambda: services.record_eta(
                order_id=other.pk, eta_low_at=NOON + minutes(1), eta_high_at=NOON + minutes(2), at=NOON
            ),
        )

        arrival = Arrival.objects.get()
        assert set(got) == {arrival}
        assert (arrival.status, get_bay(arrival)) == ("ARRIVED", "3")
        assert Task.objects.get(kind="TAKE_OUT").visit_id == arrival.pk
        assert set(Order.objects.values_list("visit_id", "customer_arrived_at")) == {(arrival.pk, NOON)}
        assert order.events.filter(kind="customer-arrived").count() == 1
        assert order.events.filter(kind="queued").count() == 1

    def test_reported_eight_times_by_one_source_is_one_piece_of_evidence(self, store, order):
        got = at_once(*[lambda: cross(order, key="trip:1:1")] * 8)

        assert len(set(got)) == 1
        assert Evidence.objects.count() == 1

    def test_of_one_car_read_by_eight_cameras_counts_eight_reads(self, store, order):
        at_once(*[lambda: see(store)] * 8)

        count = ReadCount.objects.get()
        assert (count.reads, count.matched) == (8, 8)
        assert Task.objects.filter(kind="TAKE_OUT").count() == 1

    def test_asked_about_by_eight_cameras_is_one_question(self, store, order):
        at_once(*[lambda: see(store, "BXB1234")] * 8)

        assert Task.objects.filter(kind="FIX").count() == 1


class TestManyVisits:
    def test_of_eight_cars_at_once_get_eight_bays(self, store):
        orders = [expect(store) for _ in range(8)]

        at_once(*[lambda order=order: tap(order) for order in orders])

        spots = [arrival.spot_id for arrival in Arrival.objects.all()]
        assert None not in spots
        assert len(set(spots)) == 8

    def test_of_one_customer_at_two_stores_do_not_block_each_other(self, store, order):
        there = expect(world.make_store("lyon-sud"), customer="ines")

        at_once(*[lambda: tap(order), lambda: tap(there)] * 4)

        assert [arrival.checks for arrival in Arrival.objects.all()] == [["two-stores"]] * 2

    def test_end_with_their_orders_while_they_are_being_reported(self, store):
        orders = [expect(store, customer="ines") for _ in range(4)]
        for order in orders:
            tap(order)

        def cancel(order):
            closing.cancel(order_id=order.pk, reason="", at=NOON + minutes(1), actor="api:shop")

        at_once(
            *[lambda order=order: cancel(order) for order in orders[1:]],
            *[lambda number=number: tap(orders[0], number, at=NOON + minutes(1)) for number in "12345"],
        )

        arrival = Arrival.objects.get()
        assert arrival.status == "ARRIVED"
        assert list(ArrivalOrder.objects.filter(is_open=True).values_list("order", flat=True)) == [
            orders[0].pk
        ]

    def test_end_when_all_their_orders_are_closed_at_once(self, store):
        for number in range(8):  # goods of their own, so that no shared shelf makes them take turns
            world.stock(store, f"goods-{number}", 5)
        orders = [expect(store, (f"goods-{number}", 1), customer="ines") for number in range(8)]
        tap(orders[0])

        at_once(
            *[
                lambda order=order: closing.cancel(
                    order_id=order.pk, reason="", at=NOON + minutes(1), actor="api:shop"
                )
                for order in orders
            ]
        )

        assert Arrival.objects.get().status == "GONE"
