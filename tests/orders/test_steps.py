import pytest
from django.db import transaction

from orders import board
from orders.services import steps


@pytest.fixture
def pushed(monkeypatch):
    """What was shown after commits, instead of showing it."""
    shown: list[int] = []
    monkeypatch.setattr(board, "push_order", shown.append)
    return shown


@pytest.mark.django_db(transaction=True)
class TestSave:
    def test_shows_the_card_once_a_transaction(self, order, pushed):
        pushed.clear()
        with transaction.atomic():
            steps.save(order)
            steps.save(order)
            assert pushed == []

        assert pushed == [order.pk]

    def test_shows_what_stays_although_a_part_was_rolled_back(self, order, pushed):
        pushed.clear()
        with transaction.atomic():
            part = transaction.savepoint()
            steps.save(order)
            transaction.savepoint_rollback(part)
            steps.save(order)

        assert pushed == [order.pk]

    def test_is_done_although_the_card_cannot_be_shown(self, order, monkeypatch, caplog):
        def fail(order_id):
            raise ConnectionError("no channel layer")

        monkeypatch.setattr(board, "push_order", fail)
        before = order.revision

        with transaction.atomic():
            steps.save(order)

        order.refresh_from_db()
        assert order.revision == before + 1
        assert "push_order" in caplog.text
