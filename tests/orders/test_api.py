from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from orders.models import Order, Product, StockLevel
from orders.services import visits
from orders.services.messages import get_tracking_url
from tests import world
from tests.world import BREAD, MILK


@pytest.fixture
def make_client():
    def make(*scopes, stores=()):
        _, secret = create_api_key(
            name="shop",
            scopes=scopes or ("orders:read", "orders:write", "products:write", "stock:write"),
            store_ids=[store.pk for store in stores],
            at=clock.now(),
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make


@pytest.fixture
def shop(make_client, store):
    return make_client()


def sign_in(associate):
    client = APIClient()
    client.force_login(associate)
    return client


def body(**changes):
    start = clock.now() + timedelta(hours=1)
    basket = {
        "store": "lyon-est",
        "number": f"W-{uuid4().hex[:12]}",
        "customer": {"external_id": "ines", "first_name": "Ines", "email": "ines@example.org"},
        "vehicle": {"description": "blue Golf", "plate": "AB-123-CD", "plate_consent": True},
        "lines": [{"sku": BREAD, "quantity": 2}, {"sku": MILK, "quantity": "1"}],
        "window_start": start.isoformat(),
        "window_end": (start + timedelta(hours=1)).isoformat(),
    }
    return basket | changes


def post_order(client, content, key=None):
    return client.post(
        "/api/v1/orders/", content, format="json", headers={"Idempotency-Key": key or uuid4().hex}
    )


class TestOrders:
    def test_answers_with_code_link_and_lines(self, shop):
        response = post_order(shop, body())

        assert response.status_code == 201, response.data
        assert len(response.data["pickup_code"]) == 6
        assert "/t/" in response.data["tracking_url"]
        assert [line["status"] for line in response.data["lines"]] == ["RESERVED", "RESERVED"]
        assert shop.get(f"/api/v1/orders/{response.data['id']}/").data["number"] == response.data["number"]

    def test_happens_once_however_often_it_is_sent(self, shop):
        content = body()

        first, second = (post_order(shop, content, key="the-same-key") for _ in range(2))

        assert first.data == second.json()
        assert second["Idempotency-Replayed"] == "true"
        assert Order.objects.count() == 1

    def test_refuses_a_key_that_comes_back_with_another_body(self, shop):
        post_order(shop, body(), key="the-same-key")

        response = post_order(shop, body(), key="the-same-key")

        assert (response.status_code, response.data["code"]) == (422, "idempotency-key-reused")
        assert Order.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"lines": [{"sku": "caviar", "quantity": 1}]}, 422, "unknown-sku"),
            ({"lines": [{"sku": BREAD, "quantity": 0}]}, 400, "invalid"),
            ({"lines": [{"sku": BREAD, "quantity": -1}]}, 400, "invalid"),
            ({"lines": [{"sku": BREAD, "quantity": 10**9}]}, 400, "invalid"),
            ({"lines": [{"sku": BREAD, "quantity": "NaN"}]}, 400, "invalid"),
            ({"lines": []}, 400, "invalid"),
            ({"lines": [{"sku": BREAD, "quantity": 101}]}, 409, "out-of-stock"),
            ({"store": "nowhere"}, 404, "store-not-found"),
            ({"customer": {"external_id": "ines"}}, 400, "invalid"),
            ({"window_end": "2020-01-01T00:00:00Z"}, 422, "window-passed"),
            ({"number": "W\x00"}, 400, "invalid"),
        ],
    )
    def test_refuses_what_cannot_be_and_changes_nothing(self, shop, changes, status, code):
        response = post_order(shop, body(**changes))

        assert (response.status_code, response.data["code"]) == (status, code), response.data
        assert response["Content-Type"] == "application/problem+json"
        assert not Order.objects.exists()
        assert not StockLevel.objects.filter(reserved__gt=0).exists()

    def test_refuses_malformed_json(self, shop):
        response = shop.post(
            "/api/v1/orders/",
            b'{"store": ',
            content_type="application/json",
            headers={"Idempotency-Key": uuid4().hex},
        )

        assert (response.status_code, response.data["code"]) == (400, "malformed-json")

    def test_of_another_store_are_not_there(self, make_client, store):
        lyon = post_order(make_client(stores=[store]), body()).data["id"]
        paris = make_client(stores=[world.make_store("paris")])

        assert paris.get(f"/api/v1/orders/{lyon}/").status_code == 404
        assert paris.post(f"/api/v1/orders/{lyon}/cancel/").status_code == 404
        response = post_order(paris, body())
        assert (response.status_code, response.data["code"]) == (404, "store-not-found")

    def test_need_a_scope_and_a_key(self, make_client, store):
        assert post_order(make_client("orders:read"), body()).status_code == 403
        assert post_order(APIClient(), body()).status_code in {401, 403}

    def test_are_canceled_once_and_not_after_pickup(self, shop):
        order = post_order(shop, body()).data["id"]

        assert shop.post(f"/api/v1/orders/{order}/cancel/").data["status"] == "CANCELED"
        assert shop.post(f"/api/v1/orders/{order}/cancel/").data["status"] == "CANCELED"


class TestProductsAndStock:
    PRODUCT = {"name": "Oat drink", "zone": "CHILLED", "price_minor": 199, "aisle": "7"}

    def test_are_written_down_once_however_often_they_are_sent(self, shop):
        statuses = [
            shop.put("/api/v1/products/oat/", self.PRODUCT, format="json").status_code for _ in range(2)
        ]

        assert statuses == [201, 200]
        assert Product.objects.filter(sku="oat").count() == 1

    def test_count_what_is_on_the_shelf(self, shop):
        shop.put("/api/v1/products/oat/", self.PRODUCT, format="json")

        response = shop.put(
            "/api/v1/stores/lyon-est/stock/oat/", {"on_hand": 9, "safety_stock": 2}, format="json"
        )

        assert (response.status_code, response.data["available"]) == (200, "7.000")

    @pytest.mark.parametrize("on_hand", [-1, "many", 10**9])
    def test_refuse_a_count_that_cannot_be(self, shop, on_hand):
        response = shop.put(f"/api/v1/stores/lyon-est/stock/{BREAD}/", {"on_hand": on_hand}, format="json")

        assert (response.status_code, response.data["code"]) == (400, "invalid")

    def test_refuse_an_unknown_product(self, shop):
        response = shop.put("/api/v1/stores/lyon-est/stock/caviar/", {"on_hand": 1}, format="json")

        assert (response.status_code, response.data["code"]) == (404, "product-not-found")


class TestAvailability:
    def test_says_which_line_is_short_and_which_store_could(self, shop, store):
        paris = world.make_store("paris", latitude=48.85, longitude=2.35)
        world.stock(store, MILK, 1)

        response = shop.post(
            "/api/v1/availability/",
            {"lines": [{"sku": MILK, "quantity": 2}], "latitude": 45.7, "longitude": 4.9},
            format="json",
        )

        near, far = response.data["stores"][1], response.data["stores"][0]
        assert (far["store"], far["can"]) == (paris.code, True)
        assert (near["store"], near["short"]) == (
            "lyon-est",
            [{"sku": MILK, "wanted": "2.000", "available": "1.000"}],
        )
        assert near["distance_km"] < 10 < far["distance_km"]


class TestAssociates:
    @pytest.fixture
    def ana_client(self, ana):
        return sign_in(ana)

    def test_pack_line_by_line_from_a_sheet_in_walking_order(self, order, ana_client):
        task = order.tasks.get(kind="PACK_AMBIENT").pk

        assert ana_client.post(f"/api/v1/tasks/{task}/start/").status_code == 200
        sheet = ana_client.get(f"/api/v1/tasks/{task}/").data
        (line,) = sheet["lines"]
        ana_client.post(f"/api/v1/tasks/{task}/pick/", {"line": line["id"], "quantity": 2}, format="json")
        ana_client.post(f"/api/v1/tasks/{task}/pack/", {"line": line["id"]}, format="json")
        response = ana_client.post(f"/api/v1/tasks/{task}/finish/", {"place": "B3", "bags": 1}, format="json")

        assert (response.status_code, response.data["status"]) == (200, "DONE")
        assert sheet["order"]["code"] == order.code

    def test_learn_who_was_faster(self, order, ana_client, ben):
        task = order.tasks.get(kind="PACK_AMBIENT").pk
        ana_client.post(f"/api/v1/tasks/{task}/start/")

        response = sign_in(ben).post(f"/api/v1/tasks/{task}/start/")

        assert (response.status_code, response.data["code"]) == (409, "task-taken")
        assert response.data["associate"]["name"] == "Ana"

    def test_hand_over_with_the_code(self, store, ana, ana_client):
        order = world.pack(world.place(store, (BREAD, 1)), ana)
        address = f"/api/v1/orders/{order.public_id}/hand-over/"

        wrong = ana_client.post(address, {"code": "WRONG1"}, format="json")
        right = ana_client.post(address, {"code": order.pickup_code}, format="json")

        assert (wrong.status_code, wrong.data["code"], wrong.data["tries_left"]) == (
            422,
            "wrong-pickup-code",
            4,
        )
        assert right.status_code == 200

    def test_of_another_store_find_nothing(self, order):
        stranger = sign_in(world.make_associate(world.make_store("paris"), "Zoe"))
        task = order.tasks.get(kind="PACK_AMBIENT").pk

        assert stranger.get("/api/v1/stores/lyon-est/board/").status_code == 404
        assert stranger.post(f"/api/v1/tasks/{task}/start/").status_code == 404
        assert stranger.get(f"/api/v1/tasks/{task}/").status_code == 404
        hand_over = stranger.post(
            f"/api/v1/orders/{order.public_id}/hand-over/", {"code": order.pickup_code}, format="json"
        )
        assert hand_over.status_code == 404

    def test_need_to_sign_in(self, order):
        assert APIClient().get("/api/v1/stores/lyon-est/board/").status_code in {401, 403}

    def test_start_the_fresh_wave_by_hand(self, order, ana_client):
        response = ana_client.post(f"/api/v1/orders/{order.public_id}/fresh-wave/")

        assert (response.data["kind"], response.data["trigger"]) == ("PACK_FRESH", "ASSOCIATE")

    def test_see_the_board_in_a_number_of_queries_that_does_not_grow(
        self, store, ana_client, django_assert_max_num_queries
    ):
        for _ in range(30):
            world.place(store)

        with django_assert_max_num_queries(20):
            response = ana_client.get("/api/v1/stores/lyon-est/board/")

        assert len(response.data["cards"]) == 30


class TestTrack:
    def get(self, client, order):
        token = get_tracking_url(order).rstrip("/").rsplit("/", 1)[-1]
        return client.get(f"/api/v1/track/{token}/")

    def test_tells_the_customer_what_happens_without_signing_in(self, order, ana):
        world.pack(order, ana)

        state = self.get(APIClient(), order).data

        assert (state["moment"], state["fresh_waits"], state["cold_items"]) == ("making", True, 1)
        assert state["pickup_code"] == order.pickup_code

    def test_shows_bay_and_who_comes_once_the_customer_is_here(self, store, ana):
        order = world.pack(world.place(store, (BREAD, 1)), ana)
        now = clock.now()
        visits.customer_arrived(
            order_id=order.pk, visit_id=7, spot_id=store.spots.get(number="2").pk, arrived_at=now, at=now
        )

        state = self.get(APIClient(), order).data

        assert (state["moment"], state["spot"], state["ahead"]) == ("here", "2", 0)

    def test_refuses_a_token_that_was_not_made_here(self, order):
        response = APIClient().get("/api/v1/track/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/")

        assert (response.status_code, response.data["code"]) == (404, "invalid-token")
