import pytest
from django.test import Client

from bopis import clock
from geofence.models import Trip
from orders.services import closing
from tests.geofence.doors import get_token
from tests.geofence.tracks import NOW


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


class TestOnMyWay:
    def post(self, order, **form):
        token = get_token(order)
        return Client().post(f"/t/{token}/on-my-way/", form), f"/t/{token}/"

    @pytest.mark.parametrize(
        ("said", "minutes"),
        [("10", 10), ("", None), ("soon", None), ("0", None), ("999", None), ("-5", None), ("²", None)],
    )
    def test_starts_the_trip_and_goes_back_to_the_page(self, order, said, minutes):
        answer, page = self.post(order, minutes=said)

        assert (answer.status_code, answer["Location"]) == (302, page)
        assert Trip.objects.get().minutes_said == minutes

    def test_goes_back_to_the_page_of_a_closed_order_too(self, order):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        answer, _ = self.post(order)
        assert answer.status_code == 302
        assert not Trip.objects.exists()

    def test_knows_no_token_that_was_not_made_here(self, order):
        assert Client().post(f"/t/{'A' * 43}/on-my-way/").status_code == 404

    def test_is_not_followed_as_a_link(self, order):
        assert Client().get(f"/t/{get_token(order)}/on-my-way/").status_code == 405

    def test_needs_no_cookie_as_the_token_is_the_key(self, order):
        guarded = Client(enforce_csrf_checks=True)

        assert guarded.post(f"/t/{get_token(order)}/on-my-way/").status_code == 302
