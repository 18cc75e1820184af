import pytest

from arrivals import services
from arrivals.models import Arrival, Evidence, ReadCount
from arrivals.questions import CheckNotFoundError
from bopis.models import AuditEntry
from orders.models import Task
from orders.services.questions import QuestionAnsweredError
from tests.arrivals.conftest import expect, minutes, see, tap
from tests.world import NOON

CLOSE = "BXB1234"  # one character that nothing explains: to be asked about
FAINT = "BOB12"


@pytest.fixture(autouse=True)
def _at_the_door(order):
    """Everybody here waits for Ines in the car BOB 1234."""


def question():
    return Task.objects.get(kind="FIX")


def answer(ana, word, *, task=None, at=NOON):
    return services.answer_check(task_id=(task or question()).pk, answer=word, associate_id=ana.pk, at=at)


class TestAsking:
    def test_shows_the_last_three_characters_and_where_they_differ(self, store, order):
        see(store, "BOB12X4")

        task = question()
        assert (task.order, task.status) == (order, "QUEUED")
        assert task.details == {
            "read_tail": "2X4",
            "expected_tail": "234",
            "differs": [1],
            "vehicle": "blue Golf",
        }

    def test_prepares_but_does_not_bring_the_customer(self, store, order):
        arrival = see(store, CLOSE)

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_at) == ("APPROACHING", None)
        assert (order.customer_arrived_at, order.visit_id) == (None, arrival.pk)
        assert order.tasks.get(kind="PACK_FRESH").status == "QUEUED"

    def test_about_a_faint_resemblance_makes_no_visit(self, store, order):
        assert see(store, FAINT, confidence=0.3) is None

        assert Evidence.objects.get().weight < 0.5
        assert order.tasks.get(kind="PACK_FRESH").status == "WAITING"
        assert question().visit_id is None

    def test_is_counted(self, store):
        see(store, CLOSE)

        assert ReadCount.objects.get().asked == 1

    def test_once_is_enough_while_nobody_has_answered(self, store):
        see(store, CLOSE)
        see(store, CLOSE, at=NOON + minutes(1))

        assert (Task.objects.filter(kind="FIX").count(), Evidence.objects.count()) == (1, 2)

    def test_is_not_done_about_who_is_here_already(self, store, order):
        tap(order)
        see(store, CLOSE, at=NOON + minutes(1))

        assert not Task.objects.filter(kind="FIX").exists()

    def test_goes_to_each_of_two_customers_of_one_car(self, store, order):
        other = expect(store, plate="BOB1234")

        assert see(store) == Arrival.objects.filter(arrival_orders__order=order).first()
        asked = Task.objects.filter(kind="FIX")
        assert {task.order for task in asked} == {order, other}
        assert not Arrival.objects.filter(status="ARRIVED").exists()


class TestYes:
    def test_makes_the_read_a_match_from_the_moment_of_the_camera(self, store, order, ana):
        see(store, CLOSE)

        arrival = answer(ana, "yes", at=NOON + minutes(2))

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_at) == ("ARRIVED", NOON)
        assert order.customer_arrived_at == NOON
        assert question().status == "DONE"

    def test_to_a_faint_resemblance_opens_the_visit(self, store, order, ana):
        see(store, FAINT, confidence=0.3)

        arrival = answer(ana, "yes", at=NOON + minutes(1))

        assert (arrival.status, arrival.arrived_at) == ("ARRIVED", NOON)
        assert arrival.evidence.count() == 2

    def test_again_changes_nothing(self, store, order, ana):
        see(store, CLOSE)

        assert answer(ana, "yes") == answer(ana, "yes", at=NOON + minutes(1))
        assert Evidence.objects.count() == 2

    def test_about_one_of_two_that_fit_is_a_no_to_the_other(self, store, ana):
        first = expect(store, plate="KRB5678")
        second = expect(store, plate="KDB5678")
        see(store, "K8B5678")

        arrival = answer(ana, "yes", task=first.tasks.get(kind="FIX"))

        assert arrival.arrival_orders.get().order == first
        assert second.tasks.get(kind="FIX").details["answer"] == "no"

    def test_about_one_of_two_who_share_a_car_leaves_the_other_open(self, store, order, ana):
        other = expect(store, plate="BOB1234")
        see(store)

        answer(ana, "yes", task=order.tasks.get(kind="FIX"))

        assert other.tasks.get(kind="FIX").status == "QUEUED"


class TestNo:
    def test_takes_the_read_back(self, store, order, ana):
        see(store, CLOSE)

        arrival = answer(ana, "no")

        order.refresh_from_db()
        assert (arrival.status, order.visit_id, order.signals) == ("LAPSED", None, [])
        assert Evidence.objects.get().declined_at == NOON

    def test_leaves_what_else_is_known(self, store, order, ana):
        see(store, CLOSE)
        tap(order, "3", at=NOON + minutes(1))

        arrival = answer(ana, "no", at=NOON + minutes(2))

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_by, arrival.spot.number) == ("ARRIVED", "TAP", "3")
        assert order.customer_arrived_at == NOON + minutes(1)

    def test_is_not_asked_again_about_a_read_no_better(self, store, ana):
        see(store, CLOSE)
        answer(ana, "no")

        assert see(store, CLOSE, at=NOON + minutes(1)) is None
        assert Task.objects.filter(kind="FIX").count() == 1

    def test_does_not_keep_the_true_car_out(self, store, order, ana):
        see(store, CLOSE)
        answer(ana, "no")

        assert see(store, at=NOON + minutes(5)).status == "ARRIVED"

    def test_does_not_keep_the_position_out(self, order, store, ana):
        see(store, CLOSE)
        answer(ana, "no")

        assert tap(order, at=NOON + minutes(5)).status == "ARRIVED"

    def test_after_yes_is_refused(self, store, ana):
        see(store, CLOSE)
        answer(ana, "yes")

        with pytest.raises(QuestionAnsweredError):
            answer(ana, "no")


class TestAnswerCheck:
    def test_refuses_a_question_that_nobody_asked(self, ana):
        with pytest.raises(CheckNotFoundError):
            services.answer_check(task_id=4711, answer="yes", associate_id=ana.pk, at=NOON)

    def test_is_in_the_audit_log(self, store, order, ana):
        see(store, CLOSE)
        answer(ana, "no")

        entry = AuditEntry.objects.get(action="plate-answered")
        assert (entry.actor, entry.subject) == (f"user:{ana.pk}", f"order:{order.pk}")
