from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from bopis.privacy import sign_token
from orders.models import Task
from orders.services import delegates, handover
from tests import world
from tests.world import BREAD

HOLD, RESUME, EXTEND, CANCEL = "hold", "resume", "extend", "cancel"


def make_client(*scopes, stores=()):
    store_ids = [store.pk for store in stores]
    _, secret = create_api_key(name="shop", scopes=scopes, store_ids=store_ids, at=clock.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def sign_in(associate):
    client = APIClient()
    client.force_login(associate)
    return client


def change(client, order, step, **content):
    return client.post(
        f"/api/v1/orders/{order.public_id}/{step}/",
        content,
        format="json",
        headers={"Idempotency-Key": uuid4().hex},
    )


def track(order, step, **content):
    token = sign_token(order.public_id, purpose="track")
    return APIClient().post(
        f"/api/v1/track/{token}/{step}/", content, format="json", headers={"Idempotency-Key": uuid4().hex}
    )


def get_window():
    """A pickup window of the real clock, by which the doors go."""
    start = clock.now() + timedelta(hours=1)
    return {"window_start": start.isoformat(), "window_end": (start + timedelta(hours=1)).isoformat()}


@pytest.fixture
def shop(store):
    return make_client("orders:read", "orders:write")


class TestWhoMayChangeAnOrder:
    @pytest.mark.parametrize("step", [HOLD, RESUME, EXTEND, CANCEL])
    def test_is_no_stranger(self, order, step):
        stranger = sign_in(world.make_associate(world.make_store("paris"), "Sam", role="MANAGER"))
        other_key = make_client("orders:write", stores=[world.make_store("nice")])

        assert change(stranger, order, step, reason="STOCK").status_code == 404
        assert change(other_key, order, step, reason="STOCK").status_code == 404
        assert change(make_client("orders:read"), order, step, reason="STOCK").status_code == 403
        assert change(APIClient(), order, step, reason="STOCK").status_code in {401, 403}

    @pytest.mark.parametrize("step", [RESUME, CANCEL])
    def test_is_a_manager_for_what_an_associate_must_not(self, order, ana, manager, step):
        assert change(sign_in(ana), order, step).data["code"] == "needs-manager"
        assert change(sign_in(manager), order, step).status_code == 200


class TestHold:
    def test_is_set_by_an_associate_and_ended_by_a_key(self, order, ana, shop):
        held = change(sign_in(ana), order, HOLD, reason="PHARMACY")
        resumed = change(shop, order, RESUME)

        assert (held.data["on_hold"], resumed.data["on_hold"]) == ("PHARMACY", "")

    def test_knows_its_reasons(self, order, shop):
        assert change(shop, order, HOLD, reason="MOOD").data["code"] == "invalid"


class TestRecall:
    def test_is_answered_with_how_many_orders_wait(self, order, shop, ana):
        answer = shop.post(
            "/api/v1/recalls/", {"sku": BREAD}, format="json", headers={"Idempotency-Key": "recall-1"}
        )
        task = Task.objects.get(kind="FIX")
        removed = sign_in(ana).post(f"/api/v1/tasks/{task.pk}/remove/")

        assert (answer.status_code, answer.data) == (200, {"orders": 1})
        assert (removed.status_code, removed.data["status"]) == (200, "DONE")


class TestCancelByTheCustomer:
    def test_ends_an_order_that_nobody_has_begun(self, order):
        answers = [track(order, CANCEL) for _ in range(2)]

        assert [(answer.status_code, answer.data["moment"]) for answer in answers] == [(200, "canceled")] * 2

    def test_comes_too_late_once_packing_has_begun(self, order, ana):
        world.pack(order, ana)

        answer = track(order, CANCEL)

        assert (answer.status_code, answer.data["code"]) == (409, "too-late")


class TestCancelByTheStore:
    def test_sends_what_was_packed_back_to_its_shelf(self, order, ana, manager):
        world.pack(order, ana)

        assert change(sign_in(manager), order, CANCEL, reason="asked by phone").data["status"] == "CANCELED"

        task = Task.objects.get(kind="PUT_BACK")
        client = sign_in(ana)
        client.post(f"/api/v1/tasks/{task.pk}/start/")
        done = client.post(f"/api/v1/tasks/{task.pk}/put-back/", {"waste": []}, format="json")
        assert (done.status_code, done.data["status"]) == (200, "DONE")


class TestExtend:
    def test_is_the_customers_once(self, order):
        first, second = (track(order, EXTEND) for _ in range(2))

        assert (first.status_code, first.data["can_extend"]) == (200, False)
        assert (second.status_code, second.data["code"]) == (409, "already-extended")


class TestChangesByTheCustomer:
    def test_move_it_to_another_store(self, order):
        world.make_store("paris", name="Paris")

        answer = track(order, "store", store="paris", **get_window())

        assert (answer.status_code, answer.data["store"]["name"]) == (200, "Paris")

    def test_name_a_store_that_is_one(self, order):
        assert track(order, "store", store="nowhere").data["code"] == "store-not-found"

    def test_come_with_another_car_or_none(self, order):
        assert track(order, "vehicle", vehicle={"description": "red Panda"}).status_code == 200
        assert track(order, "vehicle", vehicle=None).status_code == 200

    def test_add_lines_once_a_key(self, order):
        token = sign_token(order.public_id, purpose="track")
        url, lines = f"/api/v1/track/{token}/lines/", {"lines": [{"sku": BREAD, "quantity": 1}]}
        answers = [
            APIClient().post(url, lines, format="json", headers={"Idempotency-Key": "the-same-key"})
            for _ in range(2)
        ]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert order.lines.count() == 3

    def test_send_somebody_else_and_change_their_mind(self, order):
        made = track(order, "delegates", name="Noah")
        token = made.data["url"].rstrip("/").rpartition("/")[2]
        seen = APIClient().get(f"/api/v1/delegate/{token}/")
        url = f"/api/v1/track/{sign_token(order.public_id, purpose='track')}/delegates/"
        listed = APIClient().get(url)
        APIClient().delete(f"{url}{made.data['id']}/")

        assert (made.status_code, seen.data["name"], len(listed.data["delegates"])) == (201, "Noah", 1)
        assert "total_minor" not in seen.data
        assert APIClient().get(f"/api/v1/delegate/{token}/").status_code == 404


class TestChangesByTheIntegrator:
    def test_add_lines_and_change_the_store(self, order, shop):
        world.make_store("paris")

        added = change(shop, order, "lines", lines=[{"sku": BREAD, "quantity": 1}])
        moved = change(shop, order, "store", store="paris", **get_window())

        assert (added.data["total_minor"], moved.data["store"]) == (1000, "paris")

    def test_know_only_the_stores_of_the_key(self, store, order):
        world.make_store("paris")
        key = make_client("orders:write", stores=[store])

        assert change(key, order, "store", store="paris", **get_window()).data["code"] == "store-not-found"


class TestAtTheCar:
    @pytest.fixture
    def ready(self, store, ana):
        return world.pack(world.place(store, (BREAD, 2)), ana)

    def test_a_line_is_rejected(self, ready, ana):
        lines = [{"line": ready.lines.get().pk, "quantity": 1, "reason": "squashed"}]

        answer = change(sign_in(ana), ready, "reject", lines=lines)

        assert (answer.status_code, answer.data["total_minor"]) == (200, 250)

    def test_a_part_is_handed_over(self, store, ana):
        world.stock(store, "salt", 5)
        order = world.pack(world.place(store, (BREAD, 1), ("salt", 1)), ana)
        bread = order.lines.get(product__sku=BREAD)

        answer = change(sign_in(ana), order, "hand-over", code=order.pickup_code, lines=[bread.pk])

        order.refresh_from_db()
        assert (answer.status_code, answer.data["is_part"], order.status) == (200, True, "READY")

    def test_a_mistake_is_declared_by_a_manager(self, ready, ana, manager):
        handover.hand_over(order_id=ready.pk, associate_id=ana.pk, code=ready.pickup_code, at=clock.now())

        assert change(sign_in(ana), ready, "void-hand-over", reason="wrong car").status_code == 403
        assert change(sign_in(manager), ready, "void-hand-over", reason="wrong car").data["status"] == "READY"


class TestReturns:
    def test_are_taken_at_the_counter_and_listed(self, store, ana, shop):
        order = world.pack(world.place(store, (BREAD, 2)), ana)
        handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=clock.now())
        line = {"line": order.lines.get().pk, "quantity": 1, "reason": "too much", "condition": "UNOPENED"}

        made = change(sign_in(ana), order, "returns", lines=[line])
        listed = shop.get(f"/api/v1/orders/{order.public_id}/returns/")

        assert (made.status_code, made.data["returns"][0]["refund_minor"]) == (201, 250)
        assert [row["disposition"] for row in listed.data["returns"]] == ["RESTOCK"]


class TestTheDelegatesPage:
    def test_shows_the_code_in_private_until_the_link_is_taken_back(self, order, client):
        link = delegates.invite(
            order_id=order.pk,
            name="Noah",
            expires_at=clock.now() + timedelta(days=1),
            at=clock.now(),
            actor="customer",
        )
        url = f"/d/{delegates.get_token(link)}/"

        page, drawing = client.get(url), client.get(f"{url}qr.svg")
        delegates.revoke(order_id=order.pk, public_id=link.public_id, at=clock.now(), actor="customer")

        text = page.content.decode()
        assert order.pickup_code in text
        assert not {"7.50", "Ines", "Milk"} & set(text.split())
        assert "no-store" in page["Cache-Control"]
        assert drawing["Content-Type"] == "image/svg+xml"
        assert [client.get(address).status_code for address in (url, f"{url}qr.svg")] == [404, 404]


def test_the_admin_shows_an_order_with_all_that_happened(order, client, admin_user):
    delegates.invite(
        order_id=order.pk, name="Noah", expires_at=None, at=clock.now() - timedelta(days=1), actor="customer"
    )
    client.force_login(admin_user)

    page = client.get(f"/admin/orders/order/{order.pk}/change/")

    assert page.status_code == 200
    assert "Noah" not in page.content.decode()
