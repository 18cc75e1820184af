import uuid
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from arrivals.models import Evidence
from bopis import clock, privacy, valkey
from bopis.errors import DomainError
from geofence import live, pings
from geofence.models import Trip
from geofence.services import positions, trips
from orders.services import closing
from tests.geofence.doors import encode, get_token, ping, post, post_all
from tests.geofence.test_positions import get_last_fix
from tests.geofence.tracks import NOW

SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NAMES = st.sampled_from(["latitude", "longitude", "accuracy_m", "at", "x"])
ANY_JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner))


@pytest.fixture
def committed(transactional_db, monkeypatch):
    """Positions that matter are recorded by other threads: rows are committed, and connections let go."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def token(committed, order, trip):
    return get_token(order)


def at(seconds: float):
    return NOW - timedelta(seconds=60 - seconds)


def code(answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


class TestAnswers:
    def test_202_to_what_was_recorded_and_204_to_what_changed_nothing(self, token):
        first, second, again = post_all(
            token, [ping(-4_000, 0, at=at(0)), ping(-3_960, 0, at=at(5)), ping(-3_960, 0, at=at(5))]
        )

        assert (first.status_code, first.json()) == (202, {"recorded": True, "refused": []})
        assert (second.status_code, second.content) == (204, b"")
        assert (again.status_code, again.content) == (204, b"")
        assert first.headers["cache-control"] == "no-store"

    def test_without_a_query_to_a_plain_position(self, token, monkeypatch):
        post(token, ping(-4_000, 0, at=at(0)))

        async def refuse(**_):
            raise AssertionError("went to PostgreSQL")

        monkeypatch.setattr(positions, "_in_thread", refuse)
        assert [
            answer.status_code
            for answer in post_all(
                token, [ping(-4_000 + 9 * second, 0, at=at(second)) for second in (5, 10, 15)]
            )
        ] == [204] * 3

    def test_a_crossing_with_all_that_it_causes(self, order, token):
        assert post(token, ping(0, 0)).status_code == 202

        order.refresh_from_db()
        assert order.customer_arrived_at == NOW
        assert Evidence.objects.filter(kind="CROSSING").count() == 2

    def test_a_list_of_positions(self, order, token):
        batch = [ping(-400 + 9 * second, 0, at=at(second)) for second in range(0, 51, 5)]

        answer = post(token, batch)
        assert (answer.status_code, answer.json()) == (202, {"recorded": True, "refused": []})
        assert Trip.objects.get().crossings == 2
        assert get_last_fix(order).at_s == at(50).timestamp()

    def test_a_list_of_which_some_are_refused(self, token):
        batch = [ping(0, 0), ping(0, 0, at=NOW - timedelta(hours=1)), ping(0, 0, at=NOW + timedelta(hours=1))]

        assert post(token, batch).json() == {
            "recorded": True,
            "refused": [
                {"index": 1, "code": "position-stale"},
                {"index": 2, "code": "position-in-the-future"},
            ],
        }

    def test_a_trailing_slash_alike(self, token):
        assert post(f"{token}/", ping(-4_000, 0)).status_code == 202


class TestParse:
    """Bodies that are no positions; what they would say is judged in test_refusals."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"", (400, "malformed-json")),
            (b"{", (400, "malformed-json")),
            (b"\xff\xfe", (400, "malformed-json")),
            (b"[" * 8_000, (400, "malformed-json")),
            (b'{"latitude": ' + b"9" * 5_000 + b"}", (400, "malformed-json")),
            ([], (422, "position-invalid")),
            ([ping(0, 0)] * 51, (422, "position-invalid")),
            ([1] * 51, (422, "position-invalid")),
            (7, (422, "position-invalid")),
            ("here", (422, "position-invalid")),
            (None, (422, "position-invalid")),
            ({}, (422, "position-invalid")),
            ([[]], (422, "position-invalid")),
            (ping(0, 0) | {"latitude": "45"}, (422, "position-invalid")),
            (ping(0, 0) | {"latitude": True}, (422, "position-invalid")),
            (ping(0, 0) | {"latitude": None}, (422, "position-invalid")),
            (ping(0, 0) | {"longitude": float("nan")}, (422, "position-invalid")),
            (ping(0, 0) | {"longitude": float("inf")}, (422, "position-invalid")),
            (ping(0, 0) | {"longitude": 10**30}, (422, "position-invalid")),
            (ping(0, 0) | {"at": "now"}, (422, "position-invalid")),
            (ping(0, 0) | {"at": "2026-11-20T12:00:00"}, (422, "position-invalid")),
            (ping(0, 0) | {"at": 1_700_000_000}, (422, "position-invalid")),
        ],
    )
    def test_refuses_with_a_code(self, body, expected):
        with pytest.raises(DomainError) as refusal:
            pings.parse(encode(body))

        assert (refusal.value.status, refusal.value.code) == expected

    def test_reads_one_or_many_with_any_offset(self):
        east = ping(1, 2) | {"at": "2026-11-20T14:00:00+02:00", "speed": 7}

        [one], many = pings.parse(encode(east)), pings.parse(encode([east, ping(3, 4)]))
        assert one.at_s == NOW.timestamp()
        assert [round(seen.accuracy_m) for seen in many] == [8, 8]

    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
    def test_survives_the_ends_of_time(self, moment):
        [seen] = pings.parse(encode(ping(0, 0) | {"at": moment}))

        assert abs(seen.at_s - NOW.timestamp()) > 1e9  # and refused as stale or from the future

    @settings(deadline=None, derandomize=True)
    @given(st.one_of(st.binary(max_size=300), ANY_JSON.map(encode)))
    def test_says_positions_or_refuses_whatever_comes(self, body):
        try:
            fixes = pings.parse(body)
        except DomainError:
            return
        assert all(isinstance(seen.position.latitude, float) for seen in fixes)


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"{", (400, "malformed-json")),
            (b"x" * 8_193, (413, "too-large")),
            ([], (422, "position-invalid")),
            (ping(0, 0) | {"latitude": 91}, (422, "position-invalid")),
            (ping(0, 0) | {"accuracy_m": -1}, (422, "position-invalid")),
            (ping(0, 0, at=NOW - timedelta(minutes=6)), (409, "position-stale")),
            (ping(0, 0, at=NOW + timedelta(minutes=1)), (409, "position-in-the-future")),
        ],
    )
    def test_of_bodies_change_nothing(self, order, token, body, expected):
        assert code(post(token, body)) == expected

        assert not Evidence.objects.exists()
        held = live.read(order.public_id).state
        assert held is None or held.fix is None

    def test_of_a_jump(self, token):
        post(token, ping(-4_000, 0, at=at(0)))

        assert code(post(token, ping(0, 0, at=at(5)))) == (409, "position-jump")

    @pytest.mark.parametrize("wrong", ["", "x", "A" * 43, "a/b", "..%2f", "A" * 5_000])
    def test_of_tokens_not_made_here(self, wrong):
        assert code(post(wrong, ping(0, 0))) == (404, "invalid-token")

    def test_of_a_token_made_for_something_else(self):
        other = privacy.sign_token(uuid.uuid4(), purpose="delegate")

        assert code(post(other, ping(0, 0))) == (404, "invalid-token")

    def test_of_an_order_that_is_none(self, committed):
        nobody = privacy.sign_token(uuid.uuid4(), purpose="track")

        assert code(post(nobody, ping(0, 0))) == (404, "not-found")

    def test_of_who_does_not_share(self, committed, order):
        assert code(post(get_token(order), ping(0, 0))) == (409, "sharing-off")

    def test_of_who_stopped(self, order, token):
        post(token, ping(-4_000, 0, at=at(0)))
        trips.stop_sharing(order_id=order.pk, at=NOW)

        assert code(post(token, ping(-3_950, 0, at=at(5)))) == (409, "sharing-off")

    def test_of_a_trip_that_is_over(self, order, token):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        assert code(post(token, ping(0, 0))) == (409, "trip-over")

    def test_of_other_methods_and_types(self):
        token = privacy.sign_token(uuid.uuid4(), purpose="track")
        answer = post(token, b"", method="GET")
        assert code(answer) == (405, "method-not-allowed")
        assert answer.headers["allow"] == "POST"
        assert code(post(token, ping(0, 0), headers={"Content-Type": "text/plain"})) == (
            415,
            "unsupported-media-type",
        )
        assert code(post(token, ping(0, 0), headers={})) == (415, "unsupported-media-type")

    def test_of_a_flood_until_the_minute_is_over(self, order, token):
        answers = post_all(token, [ping(-4_000, 0, at=at(0))] * (positions.MOST_REQUESTS + 1))

        assert [answer.status_code for answer in answers[:-1]] == [202, *[204] * 59]
        assert code(answers[-1]) == (429, "too-many-requests")
        assert answers[-1].headers["retry-after"] == "60"
        assert 0 < valkey.client().pttl(f"geofence:rate:{order.public_id.hex}") <= 60_000

    def test_of_a_body_that_only_says_it_is_small(self):
        """Chunks beyond the cap are not read, whatever the header promised."""
        read = []

        async def receive():
            read.append(1)
            return {"type": "http.request", "body": b"x" * 3_000, "more_body": True}

        assert answer_to(receive, headers=[(b"content-length", b"10")])["status"] == 413
        assert len(read) == 3


class TestHangingUp:
    def test_is_no_error(self):
        async def receive():
            return {"type": "http.disconnect"}

        assert answer_to(receive) == {}


class TestWithoutValkey:
    def test_positions_still_arrive(self, order, token, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        valkey.client.cache_clear()
        try:
            assert post(token, ping(0, 0)).status_code == 202
        finally:
            valkey.client.cache_clear()

        assert Evidence.objects.filter(kind="CROSSING").count() == 2


def answer_to(receive, headers=()):
    """The start of the answer to a request whose body comes from `receive`; {} if there was none."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/pings/" + privacy.sign_token(uuid.uuid4(), purpose="track"),
        "headers": [(b"content-type", b"application/json"), *headers],
    }
    async_to_sync(pings.application)(scope, receive, send)
    return sent[0] if sent else {}
