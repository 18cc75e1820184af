from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrivals import plates
from tests.arrivals.conftest import expect, minutes, see
from tests.world import NOON


def get_cars(store, at=NOON):
    return plates.get_expected_cars(store_id=store.pk, at=at)


class TestGetExpectedCars:
    def test_are_the_plates_of_open_orders_normalized(self, store, order):
        expect(store)  # without a plate

        [car] = get_cars(store)
        assert (car.plate, car.order_ids, car.customer_id) == ("BOB1234", (order.pk,), order.customer_id)

    def test_join_the_orders_of_one_customer_nearest_first(self, store, order):
        later = expect(
            store, plate="BOB1234", customer="ines", window=(NOON + minutes(120), NOON + minutes(180))
        )

        [at_noon], [at_two] = get_cars(store), get_cars(store, NOON + minutes(150))
        assert at_noon.order_ids == (order.pk, later.pk)
        assert at_two.order_ids == (later.pk, order.pk)

    def test_count_every_car_of_a_customer(self, store, order):
        expect(store, plate="KXY 88", customer="ines")

        assert {car.plate for car in get_cars(store)} == {"BOB1234", "KXY88"}

    def test_stay_apart_when_two_customers_share_a_car(self, store, order):
        expect(store, plate="BOB1234")

        assert [car.plate for car in get_cars(store)] == ["BOB1234", "BOB1234"]

    def test_are_asked_for_in_two_queries_however_many(self, store):
        for number in range(5):
            expect(store, plate=f"AB{number}")

        with CaptureQueriesContext(connection) as asked:
            assert len(get_cars(store)) == 5
        assert len(asked) == 2


class TestTake:
    def test_asks_the_database_few_questions_about_a_stranger(self, store, order):
        with CaptureQueriesContext(connection) as asked:
            see(store, "XYZ9876")

        own = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
        assert len(own) == 4  # expected orders, their plates, has it been heard before, count
