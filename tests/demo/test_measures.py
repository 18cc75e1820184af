from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bopis.demo import measures
from bopis.demo.customers import Ping
from bopis.demo.measures import Release
from bopis.demo.sockets import Seen

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def release(trigger: str, at_s: float) -> Release:
    return Release(Seen({}, NOON, at_s), trigger)


def visit(**facts: object):
    sighting = SimpleNamespace(readable_at_s=100.0)
    return SimpleNamespace(**({"sighting": sighting, "pings": [], "fresh_start_pressed_at_s": None} | facts))


def ping(sent_at_s: float) -> Ping:
    return Ping(NOON, NOON + timedelta(seconds=0.1), sent_at_s)


class TestPlateToTask:
    def test_counts_from_the_first_readable_picture(self):
        assert measures.get_plate_to_task_ms(visit(), release("PLATE", 100.4)) == pytest.approx(400)

    @pytest.mark.parametrize("other", [release("TAP", 100.4), None])
    def test_leaves_out_what_another_sense_released(self, other):
        assert measures.get_plate_to_task_ms(visit(), other) is None


class TestPingToTask:
    def test_counts_from_the_last_ping_before(self):
        told = visit(pings=[ping(98.0), ping(100.0), ping(102.0)])

        assert measures.get_ping_to_task_ms(told, release("POSITION", 100.1)) == pytest.approx(100)

    def test_leaves_out_a_release_between_pings(self):
        assert measures.get_ping_to_task_ms(visit(pings=[ping(98.0)]), release("ETA", 99.5)) is None

    def test_leaves_out_a_plate(self):
        assert measures.get_ping_to_task_ms(visit(pings=[ping(98.0)]), release("PLATE", 98.1)) is None


class TestStartToCustomer:
    def test_counts_to_the_first_state_that_names_the_packer(self):
        states = [(9.0, "Zoé"), (10.02, None), (10.08, "Léa"), (10.2, "Léa")]
        seen = [Seen({"type": "state", "state": {"packer": packer}}, NOON, at_s) for at_s, packer in states]
        told = visit(fresh_start_pressed_at_s=10.0, page=SimpleNamespace(seen=seen))

        assert measures.get_start_to_customer_ms(told) == pytest.approx(80)

    def test_is_nothing_where_nobody_pressed(self):
        assert measures.get_start_to_customer_ms(visit()) is None


class TestMedian:
    def test_passes_over_what_was_not_measured(self):
        assert measures.get_median([None, 3.0, 1.0, 200.0]) == 3.0
        assert measures.get_median([None]) is None
