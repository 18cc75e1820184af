from datetime import timedelta

from bopis import clock
from geofence import tasks
from tests.geofence.tracks import NOW


class TestExpireTrips:
    def test_sweeps_by_the_clock(self, trip, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=3))

        tasks.expire_trips()
        trip.refresh_from_db()
        assert trip.status == "EXPIRED"
