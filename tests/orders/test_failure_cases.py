"""The failure playbook of the design (UX.md, section 4), as far as it is about orders: one test a case."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from bopis.errors import DomainError, TransitionError
from notifications.models import Message
from orders import board, tracking
from orders.models import Handover, Payment, StockLevel, StockMovement, Task
from orders.services import (
    adding,
    closing,
    delegates,
    handover,
    keeping,
    moving,
    no_shows,
    packing,
    payments,
    placing,
    recalls,
    rejects,
    returns,
    stock,
    undoing,
    visits,
)
from orders.services.payments import PaymentFacts
from tests import world
from tests.world import BREAD, MILK, NOON

SOON = NOON + timedelta(minutes=5)
DAY = timedelta(days=1)


def place_paid(store, *lines, payment=None, **facts):
    basket = replace(world.make_basket(*lines, **facts), payment=payment or PaymentFacts("auth-1", 10_000))
    return placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")


def give(order, user, *, code=None, lines=(), at=SOON, **proof):
    code = order.pickup_code if code is None and not proof else code or ""
    return handover.hand_over(order_id=order.pk, associate_id=user.pk, code=code, lines=lines, at=at, **proof)


def get_level(store, sku=BREAD):
    level = StockLevel.objects.get(store=store, product__sku=sku)
    return level.on_hand, level.reserved


def has_told(order, kind):
    return Message.objects.filter(order_id=order.pk, kind=kind).exists()


@pytest.fixture
def ready(store, ana):
    """Two breads, paid ahead and packed; the customer stands in bay 1."""
    return world.arrive(world.pack(place_paid(store, (BREAD, 2)), ana))


def test_no_show_reminds_then_expires_and_never_wasted_the_cold_goods(store, order, ana):
    world.pack(order, ana)

    for after in (timedelta(hours=2), DAY, 2 * DAY, 3 * DAY):
        no_shows.climb_due(at=order.window_end + after)

    order.refresh_from_db()
    milk = order.lines.get(product__sku=MILK)
    assert order.status == "EXPIRED"
    assert milk.pk not in Task.objects.get(kind="PUT_BACK").details["lines"]
    assert (get_level(store), get_level(store, MILK)) == ((100, 0), (100, 0))


def test_no_show_lets_the_customer_extend_once(order):
    keeping.extend(order_id=order.pk, at=order.window_end, actor="customer")

    no_shows.climb_due(at=order.keep_until)

    order.refresh_from_db()
    assert order.is_open


def test_came_early_brings_the_packing_forward_and_tells_the_truth(order):
    world.arrive(order)

    state = tracking.get_state(order)
    assert order.tasks.get(kind="PACK_AMBIENT").due_at == NOON
    assert (state["moment"], state["status"], state["arrived_at"]) == ("here", "PLACED", NOON.isoformat())


def test_short_is_neither_promised_nor_charged(store, ana):
    order = place_paid(store, (BREAD, 2), (MILK, 1))
    task = order.tasks.get(kind="PACK_AMBIENT")
    packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)
    bread = order.lines.get(product__sku=BREAD)
    packing.mark_short(task_id=task.pk, line_id=bread.pk, associate_id=ana.pk, at=NOON)

    order.refresh_from_db()
    assert (order.total_minor, get_level(store)) == (250, (100, 0))


def test_partial_ready_is_taken_now_and_the_rest_at_another_visit_of_one_order(store, order, ana):
    world.arrive(world.pack(order, ana))
    give(order, ana, lines=[order.lines.get(product__sku=BREAD).pk])

    visits.release_fresh_wave(order_id=order.pk, trigger="TAP", due_at=NOON, at=NOON)
    world.arrive(world.pack(order, ana), visit_id=8)
    give(order, ana)

    order.refresh_from_db()
    assert (order.status, Handover.objects.filter(order=order).count()) == ("PICKED_UP", 2)


def test_partial_ready_lets_the_customer_cancel_the_rest(store, ana):
    order = world.arrive(world.pack(place_paid(store), ana))
    give(order, ana, lines=[order.lines.get(product__sku=BREAD).pk])

    closing.cancel(order_id=order.pk, reason="rest not wanted", at=SOON, actor="api:test")

    order.refresh_from_db()
    assert (order.status, Payment.objects.get().captured_minor) == ("CANCELED", 500)


def test_wrong_car_never_ends_an_order_it_only_takes_the_visit_back(ready):
    visits.customer_left(order_id=ready.pk, visit_id=7, at=SOON)

    ready.refresh_from_db()
    assert (ready.status, ready.customer_arrived_at) == ("READY", None)
    assert Task.objects.get(kind="TAKE_OUT").status == "CANCELED"


def test_wrong_bags_handed_are_taken_back_by_compensating_steps(store, ready, ana, manager):
    give(ready, ana)

    undoing.void(order_id=ready.pk, associate_id=manager.pk, reason="other car", at=SOON + DAY)

    ready.refresh_from_db()
    assert (ready.status, get_level(store)) == ("READY", (100, 2))
    assert list(StockMovement.objects.order_by("pk").values_list("kind", flat=True))[-2:] == [
        "CONSUME",
        "RETURN",
    ]
    assert sum(payments.get_balance(Payment.objects.get()).values()) == 0


def test_customer_switches_spot_and_the_card_moves(ready):
    world.arrive(ready, spot="3")

    assert (board.get_card(ready)["here"] or {})["spot"] == "3"
    assert Task.objects.filter(kind="TAKE_OUT").count() == 1


def test_customer_switches_store_before_picking(store, order):
    paris = world.make_store("paris")

    moving.change_store(order_id=order.pk, store_id=paris.pk, window=None, at=NOON, actor="customer")

    order.refresh_from_db()
    assert (order.store, get_level(store), get_level(paris)) == (paris, (100, 0), (100, 2))


def test_customer_switches_store_after_picking_is_refused(order, ana):
    world.pack(order, ana)

    with pytest.raises(closing.TooLateError):
        moving.change_store(
            order_id=order.pk, store_id=world.make_store("paris").pk, window=None, at=NOON, actor="customer"
        )


def test_customer_switches_store_to_one_that_has_too_little_keeps_the_order_where_it_is(store, order):
    paris = world.make_store("paris")
    world.stock(paris, MILK, 0)

    with pytest.raises(stock.OutOfStockError):
        moving.change_store(order_id=order.pk, store_id=paris.pk, window=None, at=NOON, actor="customer")

    order.refresh_from_db()
    assert (order.store, get_level(store)) == (store, (100, 2))


def test_several_orders_in_one_car_open_to_one_code_and_close_one_by_one(store, ana):
    first, second = (
        world.arrive(world.pack(world.place(store, (BREAD, 1), customer="ines"), ana)) for _ in range(2)
    )

    give(second, ana, code=first.pickup_code)
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.status, second.status) == ("READY", "PICKED_UP")

    give(first, ana)
    assert Task.objects.get(kind="TAKE_OUT").status == "DONE"


def test_the_code_of_another_customer_in_the_same_bay_opens_nothing(store, ana):
    mine, theirs = (world.arrive(world.pack(world.place(store, (BREAD, 1)), ana)) for _ in range(2))

    with pytest.raises(handover.WrongPickupCodeError):
        give(mine, ana, code=theirs.pickup_code)


@pytest.mark.django_db(transaction=True)
def test_one_order_and_two_cars_is_given_to_whoever_is_verified_first(ready, ana, ben):
    start_line = Barrier(2)

    def serve(user):
        try:
            start_line.wait()
            return give(ready, user)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(serve, (ana, ben))

    assert first == second
    assert StockMovement.objects.filter(kind="CONSUME").count() == 1


def test_delegate_sees_status_and_code_until_the_link_is_taken_back(order):
    link = delegates.invite(order_id=order.pk, name="Noah", expires_at=None, at=NOON, actor="customer")
    token = delegates.get_token(link)
    state = tracking.get_delegate_state(delegates.look(token=token, at=NOON))

    delegates.revoke(order_id=order.pk, public_id=link.public_id, at=NOON, actor="customer")

    assert state["pickup_code"] == order.pickup_code
    assert not {"total_minor", "items", "currency"} & state.keys()
    with pytest.raises(delegates.DelegateNotFoundError):
        delegates.look(token=token, at=NOON)


def test_delegate_is_named_to_whoever_hands_over(order):
    delegates.invite(
        order_id=order.pk, name="Noah", expires_at=NOON + 3650 * DAY, at=NOON + 3640 * DAY, actor="customer"
    )

    assert board.get_card(order)["delegate"] == "Noah"


def test_same_plate_of_two_customers_prepares_and_never_hands_over(ready, ana):
    visits.note_signals(
        order_id=ready.pk, visit_id=7, signals=[{"kind": "PLATE", "confidence": 1.0}], at=NOON
    )

    with pytest.raises(handover.WrongPickupCodeError):
        give(ready, ana, code="")


def test_no_plate_and_no_position_are_no_obstacle(store, ana):
    order = world.pack(world.place(store, (BREAD, 1)), ana)

    assert give(order, ana).wait is None


def test_payment_that_ended_at_the_handover_puts_the_order_on_hold(store, ana):
    payment = PaymentFacts("auth-1", 10_000, expires_at=NOON + timedelta(minutes=1))
    order = world.arrive(world.pack(place_paid(store, (BREAD, 2), payment=payment), ana))

    with pytest.raises(payments.PaymentDueError):
        give(order, ana)

    order.refresh_from_db()
    assert (order.status, order.on_hold, get_level(store)) == ("READY", "PAYMENT", (100, 2))


def test_payment_that_ended_is_made_good_at_the_till(store, ana):
    payment = PaymentFacts("auth-1", 10_000, expires_at=NOON + timedelta(minutes=1))
    order = world.arrive(world.pack(place_paid(store, (BREAD, 2), payment=payment), ana))
    with pytest.raises(payments.PaymentDueError):
        give(order, ana)

    payments.take_at_pickup(order_id=order.pk, at=SOON, actor="api:till")
    give(order, ana)

    order.refresh_from_db()
    assert (order.status, order.on_hold) == ("PICKED_UP", "")


def test_age_refused_keeps_the_line_here_and_charges_the_rest(store, ready, ana):
    bread = ready.lines.get()
    rejection = rejects.Rejection(bread.pk, Decimal(1), "age-refused", "RESTOCK")
    rejects.reject(order_id=ready.pk, rejections=[rejection], associate_id=ana.pk, at=SOON)

    give(ready, ana)

    event = ready.events.get(kind="rejected")
    assert (event.data["reason"], Payment.objects.get().captured_minor) == ("age-refused", 250)
    assert get_level(store) == (99, 0)


def test_recall_while_staged_stops_everything_until_the_goods_are_out(store, ready, ana):
    world.stock(store, "salt", 5)
    order = world.pack(place_paid(store, ("salt", 1), (BREAD, 1)), ana)
    recalls.recall(sku="salt", store_ids=[store.pk], at=NOON, actor="api:test")
    with pytest.raises(DomainError, match="on hold"):
        give(order, ana)

    recalls.remove_line(task_id=Task.objects.get(kind="FIX").pk, associate_id=ana.pk, at=SOON)
    give(order, ana)

    ready.refresh_from_db()
    assert ready.on_hold == ""
    assert has_told(order, "ON_HOLD")
    assert get_level(store, "salt") == (4, 0)


def test_lot_full_serves_without_a_bay(ready, ana):
    visits.customer_arrived(order_id=ready.pk, visit_id=7, spot_id=None, arrived_at=NOON, at=NOON)

    ready.refresh_from_db()
    assert (board.get_card(ready)["here"] or {})["spot"] is None
    assert give(ready, ana).wait == timedelta(minutes=5)


def test_abuse_by_guessing_locks_the_code_and_a_manager_decides(ready, ana, manager):
    for _ in range(handover.MAX_WRONG_CODES):
        with pytest.raises(handover.WrongPickupCodeError):
            give(ready, ana, code="WRONG1")

    with pytest.raises(handover.PickupCodeLockedError):
        give(ready, ana)
    assert give(ready, manager, override_reason="passport seen").method == "OVERRIDE"


def test_a_queued_action_that_comes_late_is_refused_with_the_state_it_found(ready, ana):
    closing.cancel(order_id=ready.pk, reason="by phone", at=SOON, actor="api:test")

    with pytest.raises(TransitionError, match="CANCELED"):
        give(ready, ana)


def test_cancel_races_with_adding_lines_and_one_of_them_is_refused(order):
    closing.cancel_by_customer(order_id=order.pk, at=NOON)

    with pytest.raises(closing.TooLateError):
        adding.add_lines(
            order_id=order.pk, lines=[placing.BasketLine(BREAD, Decimal(1))], at=NOON, actor="customer"
        )


def test_return_of_one_of_two_brings_stock_and_money_back(store, ready, ana):
    give(ready, ana)
    back = returns.ReturnedLine(ready.lines.get().pk, Decimal(1), "too much", "UNOPENED")

    returns.take_back(order_id=ready.pk, lines=[back], at=SOON + DAY, actor="associate:1")

    assert (get_level(store), Payment.objects.get().refunded_minor) == ((99, 0), 250)
