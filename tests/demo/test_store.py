import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from bopis.demo import catalog, store
from bopis.demo.people import Crowd, Person
from bopis.models import ApiKey
from geofence.models import Fence
from orders.models import Order, Product, StaffMember, StockLevel, Store
from tests.world import NOON, make_basket
from vision.models import Camera

pytestmark = pytest.mark.django_db
URL = "rtsp://127.0.0.1:8554/lot"


class TestLoad:
    def test_makes_a_store_with_people_products_fences_and_a_camera(self):
        keys = store.load(camera_url=URL, at=NOON)

        lyon = Store.objects.get()
        assert (lyon.name, lyon.time_zone, lyon.spots.count()) == ("Lyon Est", "Europe/Paris", 7)
        assert StaffMember.objects.filter(store=lyon).count() == 4
        assert 55 <= Product.objects.count() <= 70
        assert {fence.zone for fence in Fence.objects.all()} == {"APPROACH", "LOT"}
        assert Camera.objects.get().url == URL
        assert User.objects.get(username="lea").check_password(keys.password)

    def test_puts_everything_back_and_cancels_what_a_killed_demo_left_open(self):
        from orders.services import placing

        first = store.load(camera_url=URL, at=NOON)
        basket = make_basket((catalog.SCARCE, 1))
        order = placing.place_order(store_id=Store.objects.get().pk, basket=basket, at=NOON, actor="api:test")

        second = store.load(camera_url="rtsp://127.0.0.1:9999/lot", at=NOON)

        assert Order.objects.get(pk=order.pk).status == "CANCELED"
        scarce = StockLevel.objects.get(product__sku=catalog.SCARCE)
        assert (scarce.on_hand, scarce.reserved) == (1, 0)
        assert Camera.objects.get().url == "rtsp://127.0.0.1:9999/lot"
        assert first.password != second.password
        assert ApiKey.objects.filter(revoked_at=None).count() == 1

    def test_draws_the_lot_where_the_store_is(self):
        latitude, longitude = store.to_position(0, 0)

        assert (latitude, longitude) == store.CENTER
        assert store.to_position(0, 111.32)[0] == pytest.approx(store.CENTER[0] + 0.001)


class TestCommand:
    def test_prints_what_opens_the_doors(self):
        out = StringIO()

        call_command("load_demo_store", "--json", stdout=out)

        told = json.loads(out.getvalue())
        assert told["store"] == "lyon-est"
        assert told["api_key"].startswith("bopis_")

    @pytest.mark.parametrize("command", ["load_demo_store", "demo"])
    def test_refuses_in_production(self, settings, command):
        settings.PRODUCTION = True

        with pytest.raises(CommandError, match="not for production"):
            call_command(command)


class TestCrowd:
    def test_buys_something_for_each_wave(self):
        crowd = Crowd(seed=1)
        zones = {item.sku: item.zone for item in catalog.get_items()}

        for _ in range(20):
            bought = {zones[line["sku"]] for line in crowd.shop(crowd.meet(is_night=False))["lines"]}
            assert "AMBIENT" in bought
            assert bought - {"AMBIENT"}

    def test_tells_the_shop_a_plate_only_of_who_has_one(self):
        crowd = Crowd(seed=1)

        assert "vehicle" not in crowd.shop(Person("Mia"))
        assert crowd.shop(crowd.meet(is_night=True))["vehicle"]["plate_consent"]
