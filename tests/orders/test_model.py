"""Random commands against a plain model: orders, stock and payments are what a few dicts say they are."""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bopis.errors import DomainError, TransitionError
from orders.models import Hold, Order, Payment, PaymentEntry, StockLevel
from orders.services import (
    closing,
    counts,
    facts,
    handover,
    holds,
    payments,
    placing,
    reconcile,
    stock,
    visits,
)
from tests import world
from tests.world import BREAD, MILK, NOON

# 40 stories of 30 steps, the same each time, take some 40 s; BOPIS_MODEL_EXAMPLES=2000 looks for new ones.
ASKED = os.environ.get("BOPIS_MODEL_EXAMPLES")
EXAMPLES = int(ASKED or "40")
STEPS = 30
SKUS = (BREAD, MILK)
HOLD_LENGTH = timedelta(minutes=10)

baskets = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)
quantities = st.integers(0, 6)
which = st.integers(0, 99)


@dataclass
class PlainOrder:
    """What the model knows of an order; amounts in minor units."""

    lines: dict[str, int]
    paid_by: str  # "platform", "card" or "till"
    status: str = "PLACED"
    captured: int = 0
    refunded: int = 0

    @property
    def total(self) -> int:
        return 250 * sum(self.lines.values())

    @property
    def is_open(self) -> bool:
        return self.status in {"PLACED", "PREPARING", "READY"}


@dataclass
class PlainShop:
    """The model: a shelf, holds and orders, and no database."""

    on_hand: Counter[str] = field(default_factory=Counter)
    holds: dict[str, tuple[dict[str, int], datetime]] = field(default_factory=dict)
    orders: dict[int, PlainOrder] = field(default_factory=dict)

    def get_reserved(self, *, but: str = "") -> Counter[str]:
        reserved = Counter[str]()
        for public_id, (lines, _) in self.holds.items():
            reserved.update(lines if public_id != but else {})
        for order in self.orders.values():
            reserved.update(order.lines if order.is_open else {})
        return reserved

    def can_promise(self, lines: dict[str, int], *, but: str = "") -> bool:
        reserved = self.get_reserved(but=but)
        return all(self.on_hand[sku] - reserved[sku] >= quantity for sku, quantity in lines.items())


class ShopMachine(RuleBasedStateMachine):
    """Does each command to the product and to the model, and compares the two after each."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.at = NOON
        self.store = world.make_store()
        self.ana = world.make_associate(self.store)
        self.plain = PlainShop()
        self.told: list[facts.Fact] = []
        StockLevel.objects.all().delete()
        for sku in SKUS:
            counts.set_level(
                store_id=self.store.pk,
                product_id=world.make_product(sku).pk,
                on_hand=Decimal(8),
                safety_stock=None,
                at=self.at,
                actor="test",
            )
            self.plain.on_hand[sku] = 8

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(lines=baskets, paid_by=st.sampled_from(["platform", "card", "till"]))
    def place(self, lines: dict[str, int], paid_by: str) -> None:
        self._place(lines, paid_by)

    @precondition(lambda self: self.plain.holds)
    @rule(lines=baskets, index=which)
    def place_with_hold(self, lines: dict[str, int], index: int) -> None:
        public_id = self._choose(self.plain.holds, index)
        if self.plain.holds[public_id][1] <= self.at:
            with pytest.raises(holds.HoldOverError):
                self._call_place(lines, "platform", public_id)
        else:
            self._place(lines, "platform", public_id)

    @rule(lines=baskets)
    def hold(self, lines: dict[str, int]) -> None:
        wanted = {sku: Decimal(quantity) for sku, quantity in lines.items()}
        values: dict[str, Any] = {
            "store_id": self.store.pk,
            "length": HOLD_LENGTH,
            "at": self.at,
            "actor": "test",
        }
        if not self.plain.can_promise(lines):
            with pytest.raises(stock.OutOfStockError):
                holds.hold(quantities=wanted, **values)
            return
        held = holds.hold(quantities=wanted, **values)
        self.plain.holds[str(held.public_id)] = (lines, self.at + HOLD_LENGTH)

    @precondition(lambda self: self.plain.holds)
    @rule(index=which)
    def give_hold_up(self, index: int) -> None:
        public_id = self._choose(self.plain.holds, index)
        for _ in range(2):  # a repeat changes nothing
            holds.release(
                public_id=Hold.objects.get(public_id=public_id).public_id,
                store_ids=None,
                at=self.at,
                actor="test",
            )
        del self.plain.holds[public_id]

    @rule(minutes=st.integers(1, 8))
    def wait(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        over = [public_id for public_id, (_, until) in self.plain.holds.items() if until <= self.at]
        assert holds.expire_due(at=self.at) == len(over)
        for public_id in over:
            del self.plain.holds[public_id]

    @rule(minutes=st.integers(1, 8))
    def wait_without_sweep(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(kind=st.sampled_from(["SALE", "RECEIPT", "COUNT"]), sku=st.sampled_from(SKUS), quantity=quantities)
    def tell(self, kind: str, sku: str, quantity: int) -> None:
        self.at += timedelta(seconds=1)  # a count knows of all that was before it
        fact = facts.Fact(len(self.told) + 1, sku, kind, Decimal(quantity), self.at)
        self.told.append(fact)
        self._take([fact])
        now = self.plain.on_hand[sku]
        self.plain.on_hand[sku] = {
            "SALE": max(now - quantity, 0),
            "RECEIPT": now + quantity,
            "COUNT": quantity,
        }[kind]

    @precondition(lambda self: self.told)
    @rule(index=which)
    def tell_again(self, index: int) -> None:
        self._take([self.told[index % len(self.told)]])

    @precondition(lambda self: self.plain.orders)
    @rule(index=which)
    def pack(self, index: int) -> None:
        number = self._choose(self.plain.orders, index)
        if self.plain.orders[number].status == "PLACED":
            visits.release_fresh_wave(order_id=number, trigger="TAP", due_at=None, at=self.at)
            world.pack(Order.objects.get(pk=number), self.ana, at=self.at)
            self.plain.orders[number].status = "READY"

    @precondition(lambda self: self.plain.orders)
    @rule(index=which)
    def hand_over(self, index: int) -> None:
        number = self._choose(self.plain.orders, index)
        plain, real = self.plain.orders[number], Order.objects.get(pk=number)
        expected: type[DomainError] | None = None
        if plain.status not in {"READY", "PICKED_UP"}:
            expected = TransitionError
        elif plain.status == "READY" and plain.paid_by == "till" and not plain.captured:
            expected = payments.PaymentDueError
        values = {"associate_id": self.ana.pk, "code": real.pickup_code, "at": self.at}
        if expected is not None:
            with pytest.raises(expected):
                handover.hand_over(order_id=number, **values)
            return
        handover.hand_over(order_id=number, **values)
        if plain.status == "READY":
            for sku, quantity in plain.lines.items():
                self.plain.on_hand[sku] = max(self.plain.on_hand[sku] - quantity, 0)
            plain.captured = plain.total if plain.paid_by == "card" else plain.captured
            plain.status = "PICKED_UP"

    @precondition(lambda self: any(o.paid_by == "till" and o.is_open for o in self.plain.orders.values()))
    @rule(index=which)
    def pay(self, index: int) -> None:
        due = {n: o for n, o in self.plain.orders.items() if o.paid_by == "till" and o.is_open}
        number = self._choose(due, index)
        payments.take_at_pickup(order_id=number, at=self.at, actor="test")
        due[number].captured = due[number].total

    @precondition(lambda self: self.plain.orders)
    @rule(index=which)
    def cancel(self, index: int) -> None:
        number = self._choose(self.plain.orders, index)
        plain = self.plain.orders[number]
        values = {"order_id": number, "reason": "test", "at": self.at, "actor": "test"}
        if plain.status == "PICKED_UP":
            with pytest.raises(TransitionError):
                closing.cancel(**values)
            return
        closing.cancel(**values)
        plain.status, plain.refunded = "CANCELED", plain.captured

    @invariant()
    def stock_is_what_the_model_says(self) -> None:
        reserved = self.plain.get_reserved()
        for level in StockLevel.objects.select_related("product"):
            sku = level.product.sku
            expected = (
                self.plain.on_hand[sku],
                reserved[sku],
                max(reserved[sku] - self.plain.on_hand[sku], 0),
            )
            assert (level.on_hand, level.reserved, level.deficit) == expected, sku

    @invariant()
    def every_unit_is_explained(self) -> None:
        assert reconcile.find_differences() == []

    @invariant()
    def orders_are_what_the_model_says(self) -> None:
        real = {order.pk: (order.status, order.total_minor) for order in Order.objects.all()}
        assert real == {number: (plain.status, plain.total) for number, plain in self.plain.orders.items()}

    @invariant()
    def money_is_what_the_model_says(self) -> None:
        for payment in Payment.objects.all():
            plain = self.plain.orders[payment.order_id]
            assert (payment.captured_minor, payment.refunded_minor) == (plain.captured, plain.refunded)
            assert sum(payments.get_balance(payment).values()) == 0
        sums = Counter[object]()
        for event, amount in PaymentEntry.objects.values_list("event", "amount_minor"):
            sums[event] += amount
        assert not any(sums.values())

    def _place(self, lines: dict[str, int], paid_by: str, hold: str = "") -> None:
        if not self.plain.can_promise(lines, but=hold):
            with pytest.raises(stock.OutOfStockError):
                self._call_place(lines, paid_by, hold)
            return
        order = self._call_place(lines, paid_by, hold)
        self.plain.orders[order.pk] = PlainOrder(lines, paid_by)
        self.plain.holds.pop(hold, None)

    def _call_place(self, lines: dict[str, int], paid_by: str, hold: str) -> Order:
        window = (self.at + timedelta(hours=1), self.at + timedelta(hours=2))
        basket = world.make_basket(*lines.items(), window=window)
        amount = 250 * sum(lines.values())
        payment = {
            "platform": None,
            "card": payments.PaymentFacts(reference="token", authorized_minor=amount),
            "till": payments.PaymentFacts(),
        }[paid_by]
        held = Hold.objects.get(public_id=hold).public_id if hold else None
        asked = placing.Basket(**{**vars(basket), "payment": payment, "hold_id": held})
        return placing.place_order(store_id=self.store.pk, basket=asked, at=self.at, actor="api:test")

    def _take(self, batch: list[facts.Fact]) -> None:
        facts.record(store_id=self.store.pk, source="till-1", facts=batch, at=self.at, actor="test")

    def _choose(self, among: dict[Any, Any], index: int):
        return sorted(among)[index % len(among)]


@pytest.mark.django_db
def test_orders_stock_and_payments_do_what_a_plain_model_does():
    run_state_machine_as_test(
        ShopMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=ASKED is None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
