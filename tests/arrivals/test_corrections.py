import pytest

from arrivals import services
from arrivals.models import Arrival
from bopis.errors import TransitionError
from bopis.models import AuditEntry
from orders.models import Task
from tests.arrivals.conftest import cross, estimate, minutes, say, see, tap
from tests.world import NOON

SOON = NOON + minutes(3)


def correct(order, ana, *, at=SOON):
    return services.correct_arrival(order_id=order.pk, associate_id=ana.pk, at=at)


class TestCorrectArrival:
    def test_takes_a_wrong_car_back_to_what_was_known_before(self, store, order, ana):
        estimate(order, 20, 24, at=NOON - minutes(5))
        cross(order, "APPROACH", at=NOON - minutes(1))
        see(store)

        arrival = correct(order, ana)

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_at, arrival.spot) == ("APPROACHING", None, None)
        assert (order.customer_arrived_at, order.visit_id, order.spot) == (None, arrival.pk, None)
        assert [signal["kind"] for signal in order.signals] == ["CROSSING"]
        assert Task.objects.get(kind="TAKE_OUT").status == "CANCELED"

    def test_ends_a_visit_of_which_nothing_remains(self, store, order, ana):
        see(store)

        arrival = correct(order, ana)

        order.refresh_from_db()
        assert (arrival.status, order.visit_id) == ("LAPSED", None)

    def test_leaves_a_customer_here_whom_something_else_has_seen(self, store, order, ana):
        see(store)
        tap(order, at=NOON + minutes(1))

        arrival = correct(order, ana)

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_by) == ("ARRIVED", "TAP")
        assert order.customer_arrived_at == NOON + minutes(1)

    def test_takes_an_associates_word_back_where_no_plate_was_read(self, order, ana):
        say(order, ana)

        assert correct(order, ana).status == "LAPSED"

    def test_takes_the_confirmation_of_a_plate_back_with_it(self, store, order, ana):
        see(store, "BXB1234")
        question = Task.objects.get(kind="FIX")
        services.answer_check(task_id=question.pk, answer="yes", associate_id=ana.pk, at=NOON)

        assert correct(order, ana).status == "LAPSED"

    def test_does_not_let_the_same_car_come_back(self, store, order, ana):
        see(store, "B0B1234")
        correct(order, ana)

        assert see(store, "B0B1234", at=NOON + minutes(4)) is None
        assert see(store, at=NOON + minutes(5)).status == "ARRIVED"

    def test_brings_the_take_out_back_when_the_true_car_comes(self, store, order, ana):
        estimate(order, 20, 24, at=NOON - minutes(5))
        see(store, "B0B1234")
        correct(order, ana)

        cross(order, at=NOON + minutes(15))

        order.refresh_from_db()
        assert order.customer_arrived_at == NOON + minutes(15)
        assert Task.objects.get(kind="TAKE_OUT").status == "QUEUED"

    def test_of_nobody_is_refused(self, order, ana):
        with pytest.raises(TransitionError):
            correct(order, ana)

    def test_of_who_is_only_on_the_way_is_refused(self, order, ana):
        estimate(order, 20, 24)

        with pytest.raises(TransitionError):
            correct(order, ana)
        assert Arrival.objects.get().status == "ON_THE_WAY"

    def test_is_in_the_audit_log(self, store, order, ana):
        see(store)
        correct(order, ana)

        assert AuditEntry.objects.get(action="arrival-corrected").actor == f"user:{ana.pk}"
