from datetime import timedelta
from decimal import Decimal

import pytest

from orders import availability
from orders.models import Store
from orders.services import counts, facts
from tests import world
from tests.world import BREAD, ICE, MILK, NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def counted(store):
    """A store whose tills have to speak every ten minutes, and did at noon."""
    Store.objects.update(stock_fresh_for=10 * MINUTE, low_stock=3)
    sale = facts.Fact(1, MILK, "SALE", Decimal(97), NOON)
    facts.record(store_id=store.pk, source="till", facts=[sale], at=NOON, actor="api:pos")
    world.stock(store, ICE, 0)


def ask(at=NOON):
    wanted = {sku: Decimal(1) for sku in (MILK, BREAD, ICE)}
    (answer,) = availability.find_stores(wanted, store_ids=None, near=None, at=at)
    return answer


def get_badges(answer):
    return {line["sku"]: line["badge"] for line in answer["lines"]}


class TestFindStores:
    def test_shows_how_much_there_is_and_how_old_the_word_is(self, counted):
        answer = ask(at=NOON + 10 * MINUTE)

        assert get_badges(answer) == {MILK: "low", BREAD: "in-stock", ICE: "none"}
        assert answer["heard_at"] == NOON.isoformat()

    def test_sends_customers_to_the_phone_when_nothing_was_heard_for_too_long(self, counted, store):
        late = NOON + 11 * MINUTE

        answer = ask(at=late)

        assert set(get_badges(answer).values()) == {"call-store"}
        assert (answer["can"], answer["phone"]) == (False, store.phone)

        product_id = world.make_product(ICE).pk
        counts.set_level(
            store_id=store.pk,
            product_id=product_id,
            on_hand=Decimal(9),
            safety_stock=None,
            at=late,
            actor="api:erp",
        )
        assert get_badges(ask(at=late))[ICE] == "in-stock"
        assert ask(at=late)["can"]

    def test_trusts_a_store_without_a_limit(self, store):
        assert set(get_badges(ask()).values()) == {"in-stock"}

    def test_calls_a_store_stale_that_never_spoke(self, store):
        Store.objects.update(stock_fresh_for=MINUTE)

        assert set(get_badges(ask()).values()) == {"call-store"}
