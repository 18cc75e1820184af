"""Pauses of a channel."""

from datetime import timedelta

from bopis import valkey
from notifications import breaker
from notifications.models import Channel

EMAIL = Channel.EMAIL


def end_pause() -> None:
    valkey.client().delete(breaker._key(EMAIL, "pause"))


class TestTrip:
    def test_pauses_longer_each_time_up_to_a_limit(self):
        pauses = []
        for _ in range(6):
            breaker.trip(EMAIL)
            pauses.append(round(breaker.get_pause(EMAIL).total_seconds()))
            end_pause()

        assert pauses == [10, 20, 40, 60, 60, 60]

    def test_counts_those_that_fail_together_as_one(self):
        for _ in range(5):
            breaker.trip(EMAIL)
        end_pause()
        breaker.trip(EMAIL)

        assert round(breaker.get_pause(EMAIL).total_seconds()) == 20

    def test_starts_anew_after_a_success(self):
        breaker.trip(EMAIL)
        breaker.reset(EMAIL)

        assert breaker.get_pause(EMAIL) == timedelta()
        breaker.trip(EMAIL)
        assert round(breaker.get_pause(EMAIL).total_seconds()) == 10

    def test_changes_nothing_without_valkey(self, valkey_down):
        breaker.trip(EMAIL)
        breaker.reset(EMAIL)

        assert breaker.get_pause(EMAIL) == timedelta()
