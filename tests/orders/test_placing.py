from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from bopis.errors import InvalidError
from notifications.models import Message
from orders.models import Customer, Order, OrderEvent, OrderLine, StockLevel, StockMovement, Task
from orders.services import counts, holds, placing, stock, vehicles
from tests import world
from tests.world import BREAD, MILK, NOON


def level_of(store, sku):
    return StockLevel.objects.get(store=store, product__sku=sku)


def assert_nothing_was_left_behind():
    for model in (Order, OrderLine, OrderEvent, Task, StockMovement, Message, Customer):
        assert not model.objects.exists(), model
    assert not StockLevel.objects.filter(reserved__gt=0).exists()


class TestPlaceOrder:
    def test_reserves_every_line_and_explains_it_in_the_ledger(self, store):
        order = world.place(store, (BREAD, 2), (MILK, 3))

        assert (level_of(store, BREAD).reserved, level_of(store, MILK).reserved) == (2, 3)
        movements = StockMovement.objects.filter(order=order, kind="RESERVE")
        assert sorted(movements.values_list("product__sku", "reserved_change")) == [("bread", 2), ("milk", 3)]

    def test_makes_one_task_a_wave_and_leaves_the_fresh_one_waiting(self, store):
        order = world.place(store)

        assert dict(order.tasks.values_list("kind", "status")) == {
            "PACK_AMBIENT": "QUEUED",  # the window is within the lead time
            "PACK_FRESH": "WAITING",
        }

    def test_keeps_the_ambient_wave_off_the_board_before_its_lead_time(self, store):
        order = world.place(store, at=NOON - timedelta(hours=6))

        task = order.tasks.get(kind="PACK_AMBIENT")
        assert task.status == "WAITING"
        assert task.release_at == world.WINDOW[0] - store.ambient_lead

    def test_plans_the_fresh_wave_by_the_stores_fixed_rule(self, store):
        store.fresh_before_window = timedelta(minutes=20)
        store.save()

        task = world.place(store).tasks.get(kind="PACK_FRESH")

        assert (task.release_at, task.trigger) == (world.WINDOW[0] - timedelta(minutes=20), "RULE")

    def test_tells_the_customer_with_a_code_and_a_link(self, store):
        order = world.place(store)

        message = Message.objects.get(order_id=order.pk)
        assert message.kind == "ORDER_CONFIRMED"
        assert len(order.pickup_code) == 6
        assert set(order.pickup_code) <= set(placing.CODE_ALPHABET)

    def test_keeps_a_plate_only_with_consent(self, store):
        basket = world.make_basket(plate="AB-123-CD")
        refused = placing.Basket(
            **{
                **vars(basket),
                "vehicle": vehicles.VehicleFacts("blue Golf", "AB-123-CD", plate_consent=False),
            }
        )

        order = placing.place_order(store_id=store.pk, basket=refused, at=NOON, actor="api:test")

        assert (order.vehicle.plate, order.vehicle.plate_hash) == ("", "")

    def test_knows_the_customers_car_again(self, store):
        first = world.place(store, plate="AB-123-CD", customer="ines")
        second = world.place(store, plate="ab 123 cd", customer="ines")

        assert first.vehicle == second.vehicle

    def test_totals_the_prices_in_minor_units(self, store):
        assert world.place(store, (BREAD, 2), (MILK, 1)).total_minor == 750


class TestPlaceOrderRefuses:
    def test_a_basket_that_falls_short_naming_the_lines(self, store):
        world.stock(store, MILK, 3, safety=1)

        with pytest.raises(stock.OutOfStockError) as refusal:
            world.place(store, (BREAD, 1), (MILK, 3))

        assert refusal.value.extra["lines"] == [{"sku": "milk", "wanted": "3", "available": "2.000"}]
        assert_nothing_was_left_behind()

    def test_a_product_that_no_one_sells(self, store):
        with pytest.raises(holds.UnknownSkuError) as refusal:
            world.place(store, ("caviar", 1))

        assert refusal.value.extra == {"skus": ["caviar"]}
        assert_nothing_was_left_behind()

    def test_half_a_loaf(self, store):
        with pytest.raises(InvalidError):
            world.place(store, (BREAD, "0.5"))

        assert_nothing_was_left_behind()

    def test_a_store_that_takes_no_orders(self, store):
        store.is_open = False
        store.save()

        with pytest.raises(placing.StoreClosedError):
            world.place(store)

        assert_nothing_was_left_behind()

    def test_a_window_that_is_over(self, store):
        with pytest.raises(placing.WindowPassedError):
            world.place(store, at=world.WINDOW[1])

        assert_nothing_was_left_behind()

    def test_a_number_that_the_store_already_has(self, store):
        world.place(store, number="W-1")

        with pytest.raises(placing.OrderNumberTakenError), transaction.atomic():
            world.place(store, number="W-1")

        assert Order.objects.count() == 1
        assert level_of(store, BREAD).reserved == 2


class TestSetLevel:
    def test_never_refuses_a_count_and_keeps_the_deficit(self, store):
        world.place(store, (MILK, 10))

        counts.set_level(
            store_id=store.pk,
            product_id=level_of(store, MILK).product_id,
            on_hand=Decimal(4),
            safety_stock=None,
            at=NOON,
            actor="api:pos",
        )

        level = level_of(store, MILK)
        assert (level.on_hand, level.reserved, level.deficit, level.available) == (4, 10, 6, 0)
