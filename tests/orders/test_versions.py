from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from orders.models import Order
from tests import world


def make_client(*scopes, stores=()):
    store_ids = [store.pk for store in stores]
    _, secret = create_api_key(name="shop", scopes=scopes, store_ids=store_ids, at=clock.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def shop(store):
    return make_client("orders:read", "orders:write")


def cancel(client, order, **headers):
    return client.post(
        f"/api/v1/orders/{order.public_id}/cancel/",
        {},
        format="json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def read_status(order):
    return Order.objects.get(pk=order.pk).status


class TestIfMatch:
    def test_lets_a_change_of_what_was_seen_through(self, shop, order):
        answer = cancel(shop, order, If_Match=f'"{order.revision}"')

        assert (answer.status_code, answer.json()["status"]) == (200, "CANCELED")
        assert answer["ETag"] == f'"{answer.json()["version"]}"'
        assert answer.json()["version"] > order.revision

    @pytest.mark.parametrize("tag", ['"99"', "99", 'W/"0"', "", "nonsense", '"98", "99"'])
    def test_refuses_a_change_of_anything_else(self, shop, order, tag):
        answer = cancel(shop, order, If_Match=tag)

        assert (answer.status_code, answer.json()["code"]) == (412, "version-changed")
        assert answer.json()["version"] == order.revision
        assert read_status(order) == "PLACED"

    @pytest.mark.parametrize("tag", ["*", '"98", "{version}"', "{version}"])
    def test_takes_any_of_several(self, shop, order, tag):
        assert cancel(shop, order, If_Match=tag.replace("{version}", str(order.revision))).status_code == 200

    def test_is_the_callers_choice(self, shop, order):
        assert cancel(shop, order).status_code == 200

    def test_tells_no_stranger_a_version(self, order):
        stranger = make_client("orders:write", stores=[world.make_store("paris")])

        assert cancel(stranger, order, If_Match='"99"').status_code == 404
        assert cancel(make_client("orders:read"), order, If_Match='"99"').status_code == 403

    def test_holds_for_associates_too(self, order, manager):
        client = APIClient()
        client.force_login(manager)

        assert cancel(client, order, If_Match='"99"').status_code == 412

    def test_does_not_stop_a_repeat_under_the_same_key(self, shop, order):
        key, seen = uuid4().hex, f'"{order.revision}"'
        first = cancel(shop, order, If_Match=seen, Idempotency_Key=key)

        again = cancel(shop, order, If_Match=seen, Idempotency_Key=key)
        assert (again.status_code, again.json()) == (200, first.json())
        assert again["Idempotency-Replayed"] == "true"


class TestETag:
    def test_is_the_version_in_the_json(self, shop, order):
        answer = shop.get(f"/api/v1/orders/{order.public_id}/")

        assert answer["ETag"] == f'"{answer.json()["version"]}"'
