"""Delivery: one send per message, retries, the end of retries, and no old news."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from threading import Barrier

import pytest
from django.core import mail
from django.db import connection

from bopis import valkey
from notifications import breaker, delivery, transports
from notifications.models import Message, State
from tests.notifications.factories import BEN, CONTEXT, NOON, tell

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def deliver(message: Message, at=NOON) -> Message:
    delivery.deliver(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def next_try(message: Message) -> datetime:
    assert message.next_try_at is not None
    return message.next_try_at


def die(message: Message) -> str:
    raise MemoryError


class TestDeliver:
    def test_sends_and_writes_down_when(self, mail_server):
        message = deliver(tell(), NOON + SECOND)

        assert message.state == State.SENT
        assert message.sent_at is not None
        assert NOON + SECOND < message.sent_at < NOON + 10 * SECOND
        assert (message.attempts, message.failure) == (1, "")
        assert message.provider_id == mail_server.get_mail()["Message-ID"]

    def test_sends_nothing_twice(self, mail_server):
        message = tell()
        deliver(message)
        deliver(message, NOON + timedelta(hours=1))

        assert len(mail_server.received) == 1

    def test_knows_nothing_of_a_message_that_was_never_committed(self):
        delivery.deliver(message_id=404, at=NOON)

        assert not mail.outbox

    def test_tries_again_later_each_time_after_a_longer_pause(self, mail_server):
        mail_server.answers["DATA"] = "451 4.3.0 try later"
        message = deliver(tell())
        first_retry_at = next_try(message)
        deliver(message, first_retry_at - SECOND)
        assert mail_server.tries == 1

        deliver(message, first_retry_at)

        assert mail_server.tries == 2
        assert first_retry_at - NOON >= delivery.FIRST_RETRY
        assert next_try(message) - first_retry_at >= 2 * delivery.FIRST_RETRY
        assert message.failure == "SMTPDataError refused: 451 4.3.0"

        mail_server.answers.clear()
        deliver(message, next_try(message))
        assert (message.state, message.attempts, message.failure) == (State.SENT, 3, "")

    def test_gives_up_at_once_what_is_refused_for_good(self, mail_server):
        mail_server.answers["RCPT"] = "550 5.1.1 unknown"

        message = deliver(tell())

        assert message.state == State.GAVE_UP
        assert message.failure == "recipient refused: 550 5.1.1"

    def test_gives_up_after_the_last_attempt(self, mail_server):
        mail_server.answers["DATA"] = "451 4.3.0 try later"
        message = deliver(tell())
        while message.state == State.WAITING:
            deliver(message, next_try(message))

        assert (message.state, message.attempts) == (State.GAVE_UP, delivery.MAX_ATTEMPTS)
        assert mail_server.tries == delivery.MAX_ATTEMPTS
        assert message.gave_up_at is not None
        assert message.gave_up_at - NOON > timedelta(hours=1)

    def test_gives_up_a_message_that_kills_its_workers(self, monkeypatch):
        monkeypatch.setattr(transports, "send", die)
        message, at = tell(), NOON
        for _ in range(delivery.MAX_ATTEMPTS):
            with pytest.raises(MemoryError):
                deliver(message, at)
            at += delivery.LEASE

        assert deliver(message, at).state == State.GAVE_UP

    def test_gives_up_news_that_is_none_any_more(self, mail_server):
        message = deliver(tell("PACKING_STARTED"), NOON + timedelta(hours=1))

        assert message.state == State.GAVE_UP
        assert not mail_server.tries

    def test_gives_up_when_the_next_try_would_be_too_late(self, mail_server):
        mail_server.answers["DATA"] = "451 4.3.0 try later"

        message = deliver(tell("PACKING_STARTED"), NOON + timedelta(minutes=59, seconds=50))

        assert message.state == State.GAVE_UP

    def test_is_taken_over_when_the_worker_died(self, mail_server, monkeypatch):
        message = tell()
        monkeypatch.setattr(transports, "send", die)
        with pytest.raises(MemoryError):
            deliver(message)
        monkeypatch.undo()
        deliver(message, NOON + delivery.LEASE - SECOND)
        assert not mail_server.tries

        assert deliver(message, NOON + delivery.LEASE).state == State.SENT

    def test_writes_down_a_late_success_whoever_claimed_it_meanwhile(self, monkeypatch):
        message = tell()

        def outlive_the_lease(sending):
            monkeypatch.undo()
            monkeypatch.setattr(transports, "send", refuse)
            deliver(message, NOON + delivery.LEASE)
            return "late"

        def refuse(sending):
            raise transports.TransportError("refused", permanent=True)

        monkeypatch.setattr(transports, "send", outlive_the_lease)

        assert (deliver(message).state, message.provider_id) == (State.SENT, "late")

    def test_leaves_a_late_failure_to_whoever_claimed_it_meanwhile(self, monkeypatch):
        message = tell()

        def outlive_the_lease(sending):
            monkeypatch.undo()
            deliver(message, NOON + delivery.LEASE)
            raise transports.TransportError("timed out", permanent=True)

        monkeypatch.setattr(transports, "send", outlive_the_lease)

        assert deliver(message).state == State.SENT

    def test_leaves_the_next_try_to_whoever_claimed_it_meanwhile(self, monkeypatch):
        message = tell()

        def refuse(sending):
            raise transports.TransportError("try later")

        def outlive_the_lease(sending):
            monkeypatch.setattr(transports, "send", refuse)
            deliver(message, NOON + delivery.LEASE)
            raise transports.TransportError("timed out", permanent=True)

        monkeypatch.setattr(transports, "send", outlive_the_lease)

        assert (deliver(message).state, message.failure) == (State.WAITING, "try later")
        assert next_try(message) > NOON + delivery.LEASE

    @pytest.mark.django_db(transaction=True)
    def test_sends_once_when_many_deliver_at_once(self, mail_server):
        message = tell()
        start_line = Barrier(8)

        def run(_: int) -> None:
            try:
                start_line.wait()
                delivery.deliver(message_id=message.pk, at=NOON)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(run, range(8)))

        message.refresh_from_db()
        assert (len(mail_server.received), message.attempts) == (1, 1)
        assert message.state == State.SENT


class TestFreshness:
    def test_never_says_ready_after_picked_up(self, mail_server):
        mail_server.answers["DATA"] = "451 4.3.0 try later"
        ready = deliver(tell("READY"))
        mail_server.answers.clear()
        deliver(tell("PICKED_UP"), NOON + SECOND)

        deliver(ready, NOON + timedelta(hours=1))

        assert ready.state == State.SUPERSEDED
        assert [line for line in mail_server.get_mail().items() if line[0] == "Subject"] == [
            ("Subject", "Your order K7F was picked up")
        ]

    def test_does_not_bring_back_what_was_superseded_while_it_failed(self, mail_server, monkeypatch):
        ready = tell("READY")

        def overtaken(message):
            tell("PICKED_UP", at=NOON + SECOND)
            raise transports.TransportError("timed out")

        monkeypatch.setattr(transports, "send", overtaken)

        assert deliver(ready).state == State.SUPERSEDED

    def test_says_that_it_was_sent_though_it_was_superseded_on_its_way(self, monkeypatch):
        ready = tell("READY")

        def overtaken(message):
            tell("PICKED_UP", at=NOON + SECOND)
            return "id"

        monkeypatch.setattr(transports, "send", overtaken)

        assert deliver(ready).state == State.SENT

    def test_never_sends_what_a_newer_message_made_old_in_whatever_order_they_go(self, capsys):
        told = ["ORDER_CONFIRMED", "PACKING_STARTED", "READY", "PICKED_UP"]
        for order_id, order in enumerate(permutations(range(len(told)))):
            messages = [tell(kind, recipient=BEN, order_id=order_id) for kind in told]
            for place in order:
                deliver(messages[place])

        assert capsys.readouterr().out.splitlines() == ["message PICKED_UP order K7F language fr"] * 24


class TestBreaker:
    def test_spares_the_others_when_the_provider_is_down(self, use_smtp, free_port, monkeypatch):
        use_smtp(free_port)
        first, second = tell(), tell(order_id=2)
        deliver(first)
        monkeypatch.setattr(transports, "send", die)

        deliver(second, NOON + SECOND)

        assert (second.state, second.attempts) == (State.WAITING, 0)
        assert NOON + SECOND < next_try(second) <= NOON + SECOND + breaker.FIRST_PAUSE
        assert (first.attempts, first.failure) == (1, "no connection: ConnectionRefusedError")

    def test_lets_other_channels_go_on(self, use_smtp, free_port, capsys):
        use_smtp(free_port)
        deliver(tell())

        assert deliver(tell(order_id=2, recipient=BEN)).state == State.SENT

    def test_does_not_trip_for_one_message_that_is_refused(self, mail_server):
        mail_server.answers["DATA"] = "554 5.7.1 spam"
        deliver(tell())
        mail_server.answers.clear()

        assert deliver(tell(order_id=2)).state == State.SENT

    def test_forgets_an_outage_once_a_message_gets_through(self, mail_server):
        breaker.trip("EMAIL")
        valkey.client().delete(breaker._key("EMAIL", "pause"))  # the pause is over

        assert deliver(tell()).state == State.SENT

        breaker.trip("EMAIL")
        assert breaker.get_pause("EMAIL") <= breaker.FIRST_PAUSE

    def test_keeps_delivering_without_valkey(self, mail_server, valkey_down):
        assert deliver(tell()).state == State.SENT


class TestGetDue:
    def test_returns_the_longest_waiting_first_and_nothing_else(self):
        later, earlier, future = (
            tell(order_id=1, at=NOON),
            tell(order_id=2, at=NOON - SECOND),
            tell(order_id=3, at=NOON + SECOND),
        )
        deliver(tell(order_id=4, recipient=BEN))

        assert delivery.get_due(at=NOON) == [earlier.pk, later.pk]
        assert delivery.get_due(at=NOON, limit=1) == [earlier.pk]
        assert future.pk in delivery.get_due(at=NOON + SECOND)

    def test_leaves_out_what_a_worker_has(self, monkeypatch):
        message = tell()
        monkeypatch.setattr(transports, "send", die)
        with pytest.raises(MemoryError):
            deliver(message)

        assert delivery.get_due(at=NOON + delivery.LEASE - SECOND) == []
        assert delivery.get_due(at=NOON + delivery.LEASE) == [message.pk]


class TestLogs:
    def test_name_neither_address_nor_name_nor_code(self, mail_server, caplog):
        caplog.set_level("DEBUG")
        mail_server.answers["RCPT"] = "450 4.2.1 <ana@example.com> busy"
        message = deliver(tell())
        mail_server.answers["RCPT"] = "550 5.1.1 <ana@example.com> unknown"
        deliver(message, next_try(message))
        mail_server.answers.clear()
        deliver(tell(order_id=2))

        ours = [record.getMessage() for record in caplog.records if record.name.startswith("notifications")]
        assert len(ours) == 3
        assert not [line for line in ours if "ana" in line.lower() or CONTEXT["pickup_code"] in line]
