from datetime import timedelta

import pytest

from orders import queries
from orders.models import Task
from orders.services import closing, packing, questions, sweeps, visits
from tests import world
from tests.world import BREAD, NOON

LATER = NOON + timedelta(minutes=10)
VISIT = 7


@pytest.fixture
def fresh(order):
    return order.tasks.get(kind="PACK_FRESH")


def release(order, *, trigger="PLATE", due_at=LATER):
    return visits.release_fresh_wave(order_id=order.pk, trigger=trigger, due_at=due_at, at=NOON)


def arrive(order, *, spot=None, at=NOON):
    visits.customer_arrived(
        order_id=order.pk, visit_id=VISIT, spot_id=spot and spot.pk, arrived_at=NOON, at=at
    )
    order.refresh_from_db()


class TestReleaseFreshWave:
    def test_puts_it_on_the_board_with_its_trigger(self, order, fresh):
        release(order)

        fresh.refresh_from_db()
        assert (fresh.status, fresh.trigger, fresh.queued_at) == ("QUEUED", "PLATE", NOON)

    def test_repeated_only_brings_it_forward(self, order, fresh):
        release(order)
        release(order, trigger="POSITION", due_at=NOON)
        release(order, trigger="TAP", due_at=LATER)

        fresh.refresh_from_db()
        assert (fresh.trigger, fresh.due_at) == ("PLATE", NOON)
        assert order.events.filter(kind="queued").count() == 1

    def test_does_nothing_for_an_order_without_fresh_goods(self, store):
        assert release(world.place(store, (BREAD, 1))) is None

    def test_does_not_start_a_closed_order_again(self, order, fresh):
        closing.cancel(order_id=order.pk, reason="", at=NOON, actor="api:shop")

        assert release(order) is None


class TestPlanFreshWave:
    def plan(self, order, release_at):
        visits.plan_fresh_wave(order_id=order.pk, release_at=release_at, due_at=LATER, at=NOON)

    def test_begins_at_once_what_is_due(self, order, fresh):
        self.plan(order, NOON)

        fresh.refresh_from_db()
        assert (fresh.status, fresh.trigger) == ("QUEUED", "ETA")

    def test_moves_with_the_customer(self, order, fresh):
        self.plan(order, NOON + timedelta(minutes=3))
        self.plan(order, NOON + timedelta(minutes=8))

        fresh.refresh_from_db()
        assert (fresh.status, fresh.release_at) == ("WAITING", NOON + timedelta(minutes=8))

    def test_never_delays_the_stores_fixed_rule(self, store, order, fresh):
        store.fresh_before_window = timedelta(minutes=50)
        store.save()

        self.plan(order, NOON + timedelta(minutes=30))

        fresh.refresh_from_db()
        assert (fresh.release_at, fresh.trigger) == (NOON + timedelta(minutes=10), "RULE")


class TestQueueDue:
    def test_queues_what_is_due_and_nothing_else(self, store):
        early = world.place(store, at=NOON - timedelta(hours=6))

        assert sweeps.queue_due(at=NOON - timedelta(hours=2)) == 0
        assert sweeps.queue_due(at=NOON) == 1
        assert sweeps.queue_due(at=NOON) == 0
        assert early.tasks.get(kind="PACK_AMBIENT").status == "QUEUED"
        assert early.tasks.get(kind="PACK_FRESH").status == "WAITING"


class TestCustomerArrived:
    def test_makes_one_take_out_and_leaves_the_orders_state_alone(self, store, order):
        arrive(order)
        arrive(order)

        assert Task.objects.filter(kind="TAKE_OUT", visit_id=VISIT).count() == 1
        assert order.status == "PLACED"
        assert order.events.filter(kind="customer-arrived").count() == 1

    def test_makes_one_take_out_for_two_orders_of_a_visit(self, store, order):
        other = world.place(store)
        arrive(order)
        arrive(other)

        assert Task.objects.filter(kind="TAKE_OUT").count() == 1

    def test_moves_to_another_bay_without_beginning_the_wait_again(self, store, order):
        arrive(order, spot=store.spots.get(number="1"))
        arrive(order, spot=store.spots.get(number="3"), at=LATER)

        assert (order.spot.number, order.customer_arrived_at) == ("3", NOON)

    def test_brings_open_packing_forward(self, order):
        arrive(order)

        assert order.tasks.get(kind="PACK_AMBIENT").due_at == NOON


class TestCustomerLeft:
    def test_forgets_the_visit_and_ends_its_take_out(self, store, order):
        arrive(order)

        visits.customer_left(order_id=order.pk, visit_id=VISIT, at=LATER)

        order.refresh_from_db()
        assert (order.visit_id, order.customer_arrived_at, order.spot) == (None, None, None)
        assert Task.objects.get(kind="TAKE_OUT").status == "CANCELED"

    def test_of_another_visit_changes_nothing(self, order):
        arrive(order)

        visits.customer_left(order_id=order.pk, visit_id=VISIT + 1, at=LATER)

        order.refresh_from_db()
        assert order.visit_id == VISIT

    def test_is_undone_by_a_visit_that_is_real_after_all(self, order):
        arrive(order)
        visits.customer_left(order_id=order.pk, visit_id=VISIT, at=LATER)
        arrive(order)

        assert Task.objects.get(kind="TAKE_OUT").status == "QUEUED"


class TestCustomerExpected:
    def expect(self, order, low, high):
        visits.customer_expected(order_id=order.pk, visit_id=VISIT, eta_low_at=low, eta_high_at=high, at=NOON)
        order.refresh_from_db()

    def test_shows_the_card_again_only_when_its_minutes_change(self, order):
        self.expect(order, LATER, LATER + timedelta(minutes=2))
        shown = order.revision
        self.expect(order, LATER + timedelta(seconds=5), LATER + timedelta(minutes=2, seconds=5))

        assert order.revision == shown
        assert order.eta_low_at == LATER + timedelta(seconds=5)


class TestAskAboutPlate:
    QUESTION = {"read_tail": "48K", "expected_tail": "4BK", "differs": [1], "vehicle": "silver Passat"}

    def ask(self, order, key="read-1"):
        return questions.ask_about_plate(
            order_id=order.pk, visit_id=None, question=self.QUESTION, key=key, at=NOON
        )

    def test_asks_once_a_key(self, order):
        assert self.ask(order) == self.ask(order)
        assert self.ask(order) != self.ask(order, "read-2")

    def test_takes_one_answer(self, order, ana):
        task = self.ask(order)
        for _ in range(2):
            questions.close_question(task_id=task.pk, answer="yes", associate_id=ana.pk, at=NOON)

        with pytest.raises(questions.QuestionAnsweredError):
            questions.close_question(task_id=task.pk, answer="no", associate_id=ana.pk, at=NOON)


def test_whoever_is_here_can_be_served_as_soon_as_all_is_packed(store, ana):
    order = world.pack(world.place(store, (BREAD, 1)), ana)
    arrive(order)

    task = packing.start(task_id=Task.objects.get(kind="TAKE_OUT").pk, associate_id=ana.pk, at=NOON)

    assert task.status == "IN_PROGRESS"


class TestChooseCamera:
    def choose(self, order, *, is_welcome):
        visits.choose_camera(order_id=order.pk, is_welcome=is_welcome, at=NOON)

    def get_plates(self, order):
        (expected,) = queries.get_expected_orders(store_id=order.store_id, at=NOON)
        return expected.plates

    def test_hides_the_plate_from_matching_until_the_customer_changes_their_mind(self, store):
        order = world.place(store, plate="AB123CD")
        assert self.get_plates(order) == ("AB123CD",)

        self.choose(order, is_welcome=False)
        assert self.get_plates(order) == ()

        self.choose(order, is_welcome=True)
        assert self.get_plates(order) == ("AB123CD",)

    def test_repeated_writes_one_event(self, order):
        self.choose(order, is_welcome=False)
        self.choose(order, is_welcome=False)

        assert order.events.filter(kind="camera-refused").count() == 1
