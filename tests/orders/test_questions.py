from datetime import timedelta

import pytest

from orders.models import Task
from orders.services import questions
from tests.world import NOON


@pytest.fixture
def task(order):
    question = {"read_tail": "48K", "expected_tail": "4BK", "differs": [1], "vehicle": "silver Passat"}
    return questions.ask_about_plate(
        order_id=order.pk, visit_id=None, question=question, key="read-1", at=NOON
    )


class TestWithdraw:
    def test_takes_the_question_off_the_board_and_forgets_the_read(self, order, task):
        assert questions.withdraw(order_id=order.pk, at=NOON) == 1

        task.refresh_from_db()
        assert (task.status, task.details) == ("CANCELED", {})

    def test_leaves_what_was_asked_later(self, order, task):
        assert questions.withdraw(order_id=order.pk, at=NOON, asked_before=NOON) == 0
        assert questions.withdraw(order_id=order.pk, at=NOON, asked_before=NOON + timedelta(seconds=1)) == 1

    def test_leaves_what_was_answered_and_other_work(self, order, task, ana):
        questions.close_question(task_id=task.pk, answer="no", associate_id=ana.pk, at=NOON)

        assert questions.withdraw(order_id=order.pk, at=NOON) == 0
        assert Task.objects.filter(order=order, status="CANCELED").count() == 0

    def test_again_changes_nothing(self, order, task):
        questions.withdraw(order_id=order.pk, at=NOON)
        order.refresh_from_db()
        shown = order.revision
        questions.withdraw(order_id=order.pk, at=NOON)

        order.refresh_from_db()
        assert order.revision == shown


def test_an_answer_forgets_what_was_read(task, ana):
    questions.close_question(task_id=task.pk, answer="no", associate_id=ana.pk, at=NOON)

    task.refresh_from_db()
    assert task.details == {"answer": "no"}
