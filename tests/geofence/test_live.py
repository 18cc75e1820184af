import uuid

from geofence import live
from geofence.crossings import Presence
from geofence.eta import Motion
from geofence.progress import Minute, Told, TripState
from tests.geofence.tracks import NOON_S, fix

STATE = TripState(
    trip_id=1,
    order_id=2,
    store_id=3,
    revision=4,
    expires_at_s=NOON_S,
    crossings=5,
    presence={"LOT": Presence(is_inside=True), "BAY:4": Presence(doubted_at_s=NOON_S)},
    told=Told(1.0, 2.0, 3.0),
    fired=frozenset({6, 7}),
    fix=fix(1, 2, at_s=3),
    motion=Motion(fix(0, 0, at_s=1), 2.0, 3.0, 4.0, 5.0),
    minutes=(Minute(1, "LOT", 2, 3, 400),),
)


class TestEncode:
    def test_is_undone_by_decode(self):
        bare = TripState(trip_id=1, order_id=2, store_id=3, revision=0, expires_at_s=0.0)

        assert live.decode(live.encode(STATE)) == STATE
        assert live.decode(live.encode(bare)) == bare


class TestSwap:
    def test_takes_only_the_place_of_what_was_read(self):
        trip = uuid.uuid4()
        nothing = live.read(trip)

        assert live.swap(trip, nothing, STATE)
        assert not live.swap(trip, nothing, STATE)
        held = live.read(trip)
        assert held.state == STATE
        assert live.swap(trip, held, None)
        assert live.read(trip) == nothing


class TestClose:
    def test_refuses_for_a_while_and_returns_what_was_there(self):
        trip = uuid.uuid4()
        live.swap(trip, live.NOTHING, STATE)

        assert live.close(trip, "sharing-off") == STATE
        held = live.read(trip)
        assert (held.state, held.closed) == (None, "sharing-off")
        assert not live.swap(trip, live.NOTHING, STATE)

    def test_is_undone_by_reopen(self):
        trip = uuid.uuid4()
        live.close(trip, "sharing-off")
        live.reopen(trip)

        assert live.swap(trip, live.NOTHING, STATE)


class TestRead:
    def test_counts_requests_only_where_asked(self):
        trip = uuid.uuid4()

        assert [live.read(trip, counted=True).requests for _ in range(3)] == [1, 2, 3]
        assert live.read(trip).requests == 0
