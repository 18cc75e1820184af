import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bopis import valkey
from geofence import live
from geofence.models import Fence, TriggerRule
from tests import world
from tests.geofence.tracks import place, rectangle


@pytest.fixture
def admin(db):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def put(admin, store, polygon, **form):
    asked = {"store": store.pk, "zone": "LOT", "name": "front", "polygon": polygon, "spot": ""} | form
    return admin.post("/admin/geofence/fence/add/", asked)


class TestFence:
    def test_is_drawn_and_told_to_every_process(self, admin, store, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            answer = put(admin, store, json.dumps(rectangle(0, 0, 50, 50)))

        assert answer.status_code == 302
        assert Fence.objects.filter(name="front").exists()
        assert valkey.client().get(live.SITES_KEY)

    @pytest.mark.parametrize(
        ("polygon", "reason"),
        [
            ("[[45", "valid JSON"),
            (
                "[[45, 4], [45.01, 4.01], [45.01, 4], [45, 4.01], [45, 4]]",
                "crosses itself near 45.00500, 4.00500",
            ),
            ("[[45, 4], [45.01, 4.01], [45.01, 4]]", "not closed"),
            ("[[45, 4], [45.01, 4.01], [45.01, 4], [45, 4]]", "more than 100 km from its store"),
        ],
    )
    def test_is_refused_with_the_reason(self, admin, store, polygon, reason):
        far = store
        if "100 km" not in reason:
            far = world.make_store("near", latitude=45.0, longitude=4.0)
        answer = put(admin, far, polygon)

        assert answer.status_code == 200
        assert reason in answer.content.decode()
        assert not Fence.objects.filter(name="front").exists()

    def test_of_a_bay_is_of_its_own_store(self, admin, store):
        foreign = world.make_store("lyon-sud").spots.get(number="1")

        answer = put(admin, store, json.dumps(rectangle(0, 0, 5, 5)), zone="BAY", spot=foreign.pk)
        assert "another store" in answer.content.decode()

    def test_of_a_lot_has_no_spot(self, admin, store):
        own = store.spots.first()

        answer = put(admin, store, json.dumps(rectangle(0, 0, 5, 5)), spot=own.pk)
        assert answer.status_code == 200
        assert not Fence.objects.filter(name="front").exists()

    def test_when_removed_is_told_to_every_process(self, admin, store, django_capture_on_commit_callbacks):
        fence = Fence.objects.get(store=store, zone="LOT")
        with django_capture_on_commit_callbacks(execute=True):
            admin.post(f"/admin/geofence/fence/{fence.pk}/delete/", {"post": "yes"})

        assert not Fence.objects.filter(pk=fence.pk).exists()
        assert valkey.client().get(live.SITES_KEY)

    def test_list_opens(self, admin, store):
        assert "LOT" in admin.get("/admin/geofence/fence/").content.decode()


class TestTriggerRule:
    def test_is_edited_and_told_to_every_process(self, admin, store, django_capture_on_commit_callbacks):
        form = {"store": store.pk, "zone": "APPROACH", "eta_at_most": "00:08:00", "is_active": "on"}

        with django_capture_on_commit_callbacks(execute=True):
            assert admin.post("/admin/geofence/triggerrule/add/", form).status_code == 302
        assert TriggerRule.objects.get().eta_at_most == timedelta(minutes=8)
        assert valkey.client().get(live.SITES_KEY)

    @pytest.mark.parametrize(
        ("form", "reason"),
        [
            ({"zone": "", "eta_at_most": ""}, "say a zone, an ETA, or both"),
            ({"eta_at_most": "-00:05:00"}, "more than zero"),
        ],
    )
    def test_without_a_condition_is_refused(self, admin, store, form, reason):
        answer = admin.post("/admin/geofence/triggerrule/add/", {"store": store.pk} | form)

        assert reason in answer.content.decode()
        assert not TriggerRule.objects.exists()


class TestTrip:
    def test_can_only_be_looked_at(self, admin, trip):
        page = admin.get(f"/admin/geofence/trip/{trip.pk}/change/")

        assert page.status_code == 200
        assert b'name="_save"' not in page.content
        assert admin.get("/admin/geofence/trip/add/").status_code == 403
        assert admin.post(f"/admin/geofence/trip/{trip.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_page_names_no_place(self, admin, trip):
        page = admin.get(f"/admin/geofence/trip/{trip.pk}/change/").content.decode()

        assert f"{place(0, 0).longitude:.3f}" not in page
