import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from arrivals.models import Arrival, ReadCount
from tests.arrivals.conftest import see


@pytest.fixture
def admin(client, db):
    client.force_login(User.objects.create_superuser("root"))
    return client


class TestArrivals:
    def test_show_what_a_visit_rests_on_and_no_plate(self, admin, store, order):
        arrival = see(store, "B0B1234")

        page = admin.get(reverse("admin:arrivals_arrival_change", args=[arrival.pk])).content.decode()

        assert "only easily confused characters differ" in page
        assert "B0B1" not in page
        assert "BOB1" not in page

    def test_are_listed(self, admin, store, order):
        see(store)

        assert admin.get(reverse("admin:arrivals_arrival_changelist")).status_code == 200
        assert admin.get(reverse("admin:arrivals_readcount_changelist")).status_code == 200

    def test_are_changed_by_nobody(self, admin, store, order):
        arrival = see(store)

        assert admin.get(reverse("admin:arrivals_arrival_add")).status_code == 403
        for action in ("change", "delete"):
            address = reverse(f"admin:arrivals_arrival_{action}", args=[arrival.pk])
            assert admin.post(address, {"status": "GONE", "post": "yes"}).status_code == 403
        assert Arrival.objects.get().status == "ARRIVED"
        assert ReadCount.objects.get().reads == 1
