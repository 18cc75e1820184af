from datetime import timedelta

import pytest

from arrivals.models import Arrival
from bopis import clock
from bopis.privacy import sign_token
from orders.services import closing
from tests.arrivals.conftest import expect


@pytest.fixture
def order(store):
    now, half = clock.now(), timedelta(minutes=30)
    return expect(store, window=(now - half, now + half))


@pytest.fixture
def page(order):
    return f"/t/{sign_token(order.public_id, purpose='track')}/"


class TestHere:
    def test_works_without_scripts_and_leads_back_to_the_page(self, client, order, page):
        answer = client.post(f"{page}here/", {"spot": "3"})

        order.refresh_from_db()
        assert (answer.status_code, answer["Location"]) == (302, page)
        assert (order.spot.number, Arrival.objects.get().arrived_by) == ("3", "TAP")

    @pytest.mark.parametrize("form", [{}, {"spot": ""}, {"spot": "99"}, {"spot": "x" * 500}])
    def test_takes_the_customers_word_without_a_known_spot(self, client, order, page, form):
        assert client.post(f"{page}here/", form).status_code == 302

        order.refresh_from_db()
        assert order.customer_arrived_at is not None

    def test_of_a_closed_order_leads_back_to_the_page_that_tells(self, client, order, page):
        closing.cancel(order_id=order.pk, reason="", at=clock.now(), actor="api:shop")

        assert client.post(f"{page}here/").status_code == 302
        assert not Arrival.objects.exists()

    def test_knows_no_token_that_nobody_signed(self, client, db):
        assert client.post("/t/nonsense/here/").status_code == 404

    def test_is_not_done_by_following_a_link(self, client, page):
        assert client.get(f"{page}here/").status_code == 405
        assert not Arrival.objects.exists()
