"""That nothing in PostgreSQL tells where a customer was, and nothing in Valkey does for long."""

import re

import pytest
from django.db import connection

from bopis import valkey
from geofence import live
from geofence.services import trips
from tests.geofence.test_positions import WAY_IN, drive
from tests.geofence.tracks import NOW, place


def every_text() -> str:
    """All rows of all tables as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")  # noqa: S608
            rows += [f"{table} {text}" for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def digits(degrees: float) -> str:
    """A coordinate to some 10 m, as it would stand in any text."""
    return f"{degrees:.4f}"[:-1]


def find_places(text: str, fixes) -> set[str]:
    """Which of the coordinates of the fixes occur in a text."""
    wanted = {digits(value) for seen in fixes for value in (seen.position.latitude, seen.position.longitude)}
    return {value for value in wanted if re.search(rf"(?<![\d.]){re.escape(value)}", text)}


class TestPostgresql:
    # Positions far from the store's own corners: those are no secret.
    FIXES = [seen for seen in WAY_IN.fixes() if seen.position.longitude < place(-2_100, 0).longitude]

    def test_holds_no_coordinate_of_a_trip(self, order, trip):
        drive(order, accuracy_m=8)
        trips.stop_sharing(order_id=order.pk, at=NOW)

        moving = {digits(seen.position.longitude) for seen in self.FIXES}
        assert len(moving) > 20
        assert not {value for value in moving if re.search(rf"(?<![\d.]){re.escape(value)}", every_text())}

    def test_would_be_found_holding_one(self, order, trip):
        trip.inside = [f"{self.FIXES[3].position.longitude:.6f}"]
        trip.save()

        assert find_places(every_text(), self.FIXES)


class TestValkey:
    def test_holds_only_what_expires_within_a_quarter_of_an_hour_and_cannot_be_read(self, order, trip):
        drive(order)

        keys = [key for key in valkey.client().scan_iter() if key != live.SITES_KEY.encode()]
        assert keys
        for key in keys:
            assert 0 < valkey.client().pttl(key) <= 15 * 60 * 1_000
            value = str(valkey.client().get(key))
            assert "latitude" not in value
            assert not find_places(value, WAY_IN.fixes())

    @pytest.mark.django_db(transaction=True)
    def test_holds_nothing_after_sharing_stopped(self, order, trip):
        drive(order)
        trips.stop_sharing(order_id=order.pk, at=NOW)

        assert valkey.client().get(live._key(order.public_id)) == b"closed:sharing-off"
