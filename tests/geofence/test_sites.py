from datetime import timedelta

import pytest

from geofence import sites
from geofence.geometry import distance_m
from geofence.models import Fence, TriggerRule
from tests import world
from tests.geofence.tracks import place, rectangle


class TestGet:
    def test_asks_the_database_once_a_version(self, store, django_assert_num_queries):
        site = sites.get(store.pk, b"1")

        with django_assert_num_queries(0):
            assert sites.get(store.pk, b"1") is site
        assert sites.get(store.pk, b"2") is not site

    def test_does_not_trust_a_copy_for_longer_than_a_minute(self, store, monkeypatch):
        site = sites.get(store.pk, None)
        monkeypatch.setattr(sites, "KEPT_S", -1)

        assert sites.peek(store.pk, None) is None
        assert sites.get(store.pk, None) is not site

    def test_keeps_stores_apart(self, store):
        other = world.make_store("lyon-sud", latitude=45.7, longitude=4.8)

        assert sites.get(store.pk, b"1").areas
        assert not sites.get(other.pk, b"1").areas


class TestPeek:
    def test_asks_nobody(self, store, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert sites.peek(store.pk, b"1") is None


class TestLoad:
    def test_sorts_the_areas_from_the_outermost_in(self, store):
        assert [area.zone for area in sites.load(store.pk).areas] == ["APPROACH", "LOT", "BAY"]

    def test_merges_fences_of_a_zone_and_of_a_spot(self, store):
        bay = store.spots.get(number="4")
        for polygon in (rectangle(100, 0, 160, 40), rectangle(150, 0, 200, 40)):
            Fence.objects.create(store=store, zone="LOT", polygon=polygon)
        Fence.objects.create(store=store, zone="BAY", spot=bay, polygon=rectangle(14, 10, 18, 16))
        Fence.objects.create(store=store, zone="BAY", polygon=rectangle(-20, 0, -16, 6))

        areas = {area.key: area for area in sites.load(store.pk).areas}
        assert len(areas) == 4
        assert areas["LOT"].depth_m(155, 20) == pytest.approx(20, abs=0.1)
        assert areas[f"BAY:{bay.pk}"].depth_m(14, 13) == pytest.approx(3, abs=0.1)

    def test_aims_at_the_lot_and_without_one_at_the_store(self, store):
        Fence.objects.filter(zone="LOT").update(polygon=rectangle(270, -20, 330, 20))
        assert distance_m(sites.load(store.pk).lot, place(300, 0)) < 1

        Fence.objects.filter(zone="LOT").delete()
        site = sites.load(store.pk)
        assert distance_m(site.lot, place(0, 0)) < 1
        assert site.lot_radius_m == 0

    def test_brings_the_active_rules(self, store):
        TriggerRule.objects.create(store=store, zone="LOT", is_active=False)
        rule = TriggerRule.objects.create(store=store, zone="APPROACH", eta_at_most=timedelta(minutes=8))

        assert [(r.rule_id, r.zone, r.eta_at_most_s) for r in sites.load(store.pk).rules] == [
            (rule.pk, "APPROACH", 480)
        ]
