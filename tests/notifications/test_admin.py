"""The log in the admin."""

import pytest
from django.contrib.auth.models import Permission, User

from notifications import delivery
from notifications.models import Message
from tests.notifications.factories import NOON, tell

pytestmark = pytest.mark.django_db
LOG = "/admin/notifications/message/"


@pytest.fixture
def manager(client):
    user = User.objects.create_user("lea", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_message", "change_message"]))
    client.force_login(user)
    return client


@pytest.fixture
def sent():
    message = tell()
    delivery.deliver(message_id=message.pk, at=NOON)
    return message


class TestMessageAdmin:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", 2),
            ("?q=2", 1),
            ("?state=SENT", 1),
            ("?state=WAITING", 1),
            ("?state=GAVE_UP", 0),
            ("?kind__exact=READY", 1),
        ],
    )
    def test_filters_by_order_state_and_kind(self, manager, sent, query, found):
        tell("PACKING_STARTED", order_id=2)

        page = manager.get(LOG + query)

        assert page.context["cl"].result_count == found

    def test_shows_no_address_and_no_values(self, manager, sent):
        for page in (manager.get(LOG), manager.get(f"{LOG}{sent.pk}/change/")):
            text = page.content.decode()
            assert page.status_code == 200
            assert "READY" in text or "Ready" in text
            assert "ana@example.com" not in text
            assert "7HQ4KM" not in text

    def test_changes_nothing(self, manager, sent):
        manager.post(f"{LOG}{sent.pk}/change/", {"kind": "CANCELED"})

        sent.refresh_from_db()
        assert sent.kind == "READY"
        assert manager.get(f"{LOG}add/").status_code == 403
        assert manager.get(f"{LOG}{sent.pk}/delete/").status_code == 403

    def test_sends_again(self, manager, sent):
        manager.post(LOG, {"action": "send_again", "_selected_action": [sent.pk]})

        assert Message.objects.count() == 2

    def test_says_why_it_cannot_send_again(self, manager):
        waiting = tell()

        page = manager.post(LOG, {"action": "send_again", "_selected_action": [waiting.pk]}, follow=True)

        assert "is WAITING" in page.content.decode()
        assert Message.objects.count() == 1

    def test_lets_those_who_may_only_look_send_nothing(self, manager, sent):
        User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_message"))

        manager.post(LOG, {"action": "send_again", "_selected_action": [sent.pk]})

        assert Message.objects.count() == 1
