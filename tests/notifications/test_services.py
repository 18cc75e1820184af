"""Writing messages: once, with the step, and never losing one."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction

from bopis import clock
from bopis.models import AuditEntry
from notifications import delivery, services
from notifications.kinds import InvalidContextError
from notifications.models import Message, State
from tests.notifications.factories import ANA, BEN, CONTEXT, NOON, tell

pytestmark = pytest.mark.django_db


def read_raw(message: Message) -> str:
    """The row as it lies in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(m)::text FROM notifications_message m WHERE id = %s", [message.pk])
        return str(cursor.fetchone()[0])


class TestNotify:
    def test_writes_a_message_that_waits(self):
        message = Message.objects.get(pk=tell().pk)

        assert (message.kind, message.channel, message.language) == ("READY", "EMAIL", "en")
        assert (message.state, message.next_try_at, message.attempts) == (State.WAITING, NOON, 0)
        assert (message.address, message.get_values()["pickup_code"]) == ("ana@example.com", "7HQ4KM")

    def test_keeps_address_and_values_unreadable_in_the_database(self):
        raw = read_raw(tell())

        assert not [value for value in [ANA.address, *CONTEXT.values()] if json.dumps(value) in raw]
        assert "7HQ4KM" not in raw
        assert "ana@" not in raw

    def test_writes_once_per_key_however_often_it_is_called(self):
        first = tell(at=NOON)
        again = tell(at=NOON + timedelta(hours=1), context=CONTEXT | {"spot": "5"})

        assert again.pk == first.pk
        assert Message.objects.get().get_values()["spot"] == "4"

    def test_leaves_nothing_behind_when_the_step_is_rolled_back(self, django_capture_on_commit_callbacks):
        @transaction.atomic
        def fail_after_telling() -> None:
            tell()
            raise InterruptedError

        with django_capture_on_commit_callbacks() as callbacks, pytest.raises(InterruptedError):
            fail_after_telling()

        assert not Message.objects.exists()
        assert not callbacks

    def test_refuses_values_that_do_not_fit_before_anything_is_written(self):
        with pytest.raises(InvalidContextError):
            tell(context=CONTEXT | {"store": ""})

        assert not Message.objects.exists()

    def test_wakes_delivery_after_the_commit(self, worker, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            message = tell(at=clock.now())
            assert not mail.outbox

        message.refresh_from_db()
        assert message.state == State.SENT
        assert [email.to for email in mail.outbox] == [["ana@example.com"]]

    def test_does_not_wake_for_a_repeat_of_what_was_sent(self, worker, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            tell(at=clock.now())
        with django_capture_on_commit_callbacks() as callbacks:
            tell(at=clock.now())

        assert not callbacks
        assert len(mail.outbox) == 1

    def test_neither_fails_nor_loses_a_message_when_the_broker_is_down(
        self, broker_down, caplog, django_capture_on_commit_callbacks
    ):
        started_s = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            message = tell()

        assert time.monotonic() - started_s < 1.5  # kombu alone would try for seconds
        assert len(callbacks) == 1
        assert [record.levelname for record in caplog.records] == ["WARNING"]  # no fault of the code
        assert delivery.get_due(at=NOON) == [message.pk]

    def test_drops_the_start_of_packing_once_the_order_is_ready(self):
        started, other_order = tell("PACKING_STARTED"), tell("PACKING_STARTED", order_id=2)
        ready = tell("READY", at=NOON + timedelta(minutes=3))

        for message in (started, other_order, ready):
            message.refresh_from_db()
        assert (started.state, started.superseded_at) == (State.SUPERSEDED, NOON + timedelta(minutes=3))
        assert (other_order.state, ready.state) == (State.WAITING, State.WAITING)

    def test_drops_nothing_that_was_told_after_it(self):
        tell("READY")
        picked_up = tell("PICKED_UP")
        ready_again = tell("READY", key="order:1:READY:2")  # the handover was voided
        tell("PICKED_UP")  # the first one, repeated

        picked_up.refresh_from_db()
        ready_again.refresh_from_db()
        assert (picked_up.state, ready_again.state) == (State.SUPERSEDED, State.WAITING)

    def test_keeps_messages_without_an_order_apart(self):
        first = tell("READY", order_id=None, key="one")
        tell("PICKED_UP", order_id=None, key="two")

        first.refresh_from_db()
        assert first.state == State.WAITING

    @pytest.mark.django_db(transaction=True)
    def test_writes_once_when_many_write_at_once(self, worker):
        start_line = Barrier(8)

        def write(_: int) -> int:
            try:
                start_line.wait()
                return tell(recipient=BEN).pk
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(write, range(8)))

        assert keys == {Message.objects.get().pk}


class TestSendAgain:
    @pytest.fixture
    def sent(self):
        message = tell()
        delivery.deliver(message_id=message.pk, at=NOON)
        return message

    def test_writes_a_copy_and_leaves_the_log_as_it_was(self, sent):
        copy = services.send_again(message_id=sent.pk, actor="user:1", at=NOON)

        sent.refresh_from_db()
        assert (sent.state, copy.state) == (State.SENT, State.WAITING)
        assert (copy.address, copy.get_values()) == (sent.address, sent.get_values())
        assert AuditEntry.objects.get().action == "message-sent-again"

    def test_takes_two_clicks_for_one_however_fast_the_first_leaves(self, sent):
        copy = services.send_again(message_id=sent.pk, actor="user:1", at=NOON)
        delivery.deliver(message_id=copy.pk, at=NOON)

        with pytest.raises(services.NotSendableError):
            services.send_again(message_id=sent.pk, actor="user:1", at=NOON)

    @pytest.mark.django_db(transaction=True)
    def test_takes_clicks_at_once_for_one(self, sent, worker):
        start_line = Barrier(4)

        def click(_: int) -> None:
            try:
                start_line.wait()
                services.send_again(message_id=sent.pk, actor="user:1", at=NOON)
            except services.NotSendableError:
                pass  # the slower ones may find it on its way already
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(click, range(4)))

        assert Message.objects.count() == 2

    def test_sends_a_third_time_after_the_second_has_left(self, sent):
        second = services.send_again(message_id=sent.pk, actor="user:1", at=NOON)
        delivery.deliver(message_id=second.pk, at=NOON)

        third = services.send_again(message_id=sent.pk, actor="user:1", at=NOON + services.SECOND_PRESS)

        assert third.pk not in {sent.pk, second.pk}

    def test_refuses_what_still_waits(self):
        with pytest.raises(services.NotSendableError):
            services.send_again(message_id=tell().pk, actor="user:1", at=NOON)

    def test_refuses_old_news(self, sent):
        tell("PICKED_UP")

        with pytest.raises(services.NotSendableError):
            services.send_again(message_id=sent.pk, actor="user:1", at=NOON)

    def test_refuses_when_the_person_was_erased(self, sent):
        services.erase_address(address=ANA.address, at=NOON)

        with pytest.raises(services.NotSendableError):
            services.send_again(message_id=sent.pk, actor="user:1", at=NOON)


class TestEraseAddress:
    def test_forgets_the_person_and_keeps_the_log(self):
        sent, waiting, other = tell(), tell(order_id=2), tell(order_id=3, recipient=BEN)
        delivery.deliver(message_id=sent.pk, at=NOON)

        assert services.erase_address(address=" Ana@Example.com", at=NOON) == 2

        for message in (sent, waiting, other):
            message.refresh_from_db()
        assert (sent.state, waiting.state, other.state) == (State.SENT, State.GAVE_UP, State.WAITING)
        assert (sent.address, sent.context, sent.address_hash, sent.get_values()) == ("", "", "", {})
        assert other.address == "customer-2"

    def test_does_nothing_for_no_address(self):
        tell()
        services.erase_address(address=ANA.address, at=NOON)

        assert services.erase_address(address="", at=NOON) == 0
        assert services.erase_address(address=ANA.address, at=NOON) == 0


class TestMessage:
    def test_is_never_in_two_states(self):
        message = tell()

        with pytest.raises(IntegrityError, match="message_in_one_state"), transaction.atomic():
            Message.objects.filter(pk=message.pk).update(sent_at=NOON)
        with pytest.raises(IntegrityError, match="message_in_one_state"), transaction.atomic():
            Message.objects.filter(pk=message.pk).update(next_try_at=None)

    def test_shows_neither_address_nor_values_as_text(self):
        assert str(tell()).startswith("READY of order 1 (#")
