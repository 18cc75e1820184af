"""The sweep heals whatever the broker lost."""

import pytest
from django.core import mail

from bopis import clock
from notifications import tasks
from notifications.models import Message, State
from tests.notifications.factories import tell

pytestmark = pytest.mark.django_db


class TestDeliverDue:
    def test_sends_what_was_written_while_the_broker_was_down(
        self, broker_down, request, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            tell(at=clock.now())
            tell(order_id=2, at=clock.now())
        assert not mail.outbox

        request.getfixturevalue("worker")
        tasks.deliver_due.delay()

        assert len(mail.outbox) == 2

    def test_sends_each_waiting_message_once(self, worker):
        tell(at=clock.now())
        tell(order_id=2, at=clock.now())

        tasks.deliver_due.delay()
        tasks.deliver_due.delay()

        assert {message.state for message in Message.objects.all()} == {State.SENT}
        assert len(mail.outbox) == 2
