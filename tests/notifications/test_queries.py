"""Reading the log."""

from datetime import timedelta

import pytest

from notifications import queries
from notifications.models import Message
from tests.notifications.factories import NOON, tell

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


class TestGetMessages:
    def test_returns_the_orders_messages_as_they_were_written(self):
        ready = tell("READY", at=NOON + HOUR)
        confirmed = tell("ORDER_CONFIRMED", at=NOON)
        tell("READY", order_id=2)

        assert queries.get_messages(order_id=1) == [confirmed, ready]


class TestGetLatencies:
    def send(self, seconds: float, **changes) -> None:
        message = tell(**changes)
        sent_at = message.created_at + timedelta(seconds=seconds)
        Message.objects.filter(pk=message.pk).update(next_try_at=None, sent_at=sent_at)

    def test_returns_median_and_95th_percentile_of_each_kind(self):
        for order_id in range(1, 102):
            self.send(order_id - 1, order_id=order_id)
        self.send(2, kind="PICKED_UP", order_id=1)
        tell("CANCELED")

        assert queries.get_latencies(since=NOON, until=NOON + HOUR) == [
            queries.Latency("PICKED_UP", 1, timedelta(seconds=2), timedelta(seconds=2)),
            queries.Latency("READY", 101, timedelta(seconds=50), timedelta(seconds=95)),
        ]

    def test_counts_only_the_time_and_the_store_asked_for(self):
        self.send(1, order_id=1)
        self.send(3, order_id=2, at=NOON + HOUR)

        assert queries.get_latencies(since=NOON, until=NOON + HOUR, store_id=7)[0].sent == 1
        assert queries.get_latencies(since=NOON, until=NOON + HOUR, store_id=8) == []
