from datetime import timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from bopis.errors import InvalidError
from bopis.models import AuditEntry
from orders import stock_reports
from orders.models import Category, OrderLine, SafetyRule, StockLevel, StockMovement
from orders.services import counts, facts, safety, shorts, stock
from tests import world
from tests.world import BREAD, ICE, MILK, NOON

DAY = timedelta(days=1)


def level_of(store, sku):
    return StockLevel.objects.get(store=store, product__sku=sku)


def keep(amount, kind="FIXED", *, store=None, category=None, sku=None):
    product_id = world.make_product(sku).pk if sku else None
    scope = safety.Scope(store and store.pk, category and category.pk, product_id)
    return safety.put_rule(scope, kind=kind, amount=Decimal(amount), at=NOON, actor="user:1")


def count(store, sku, on_hand, *, safety_stock=None):
    return counts.set_level(
        store_id=store.pk,
        product_id=world.make_product(sku).pk,
        on_hand=Decimal(on_hand),
        safety_stock=safety_stock,
        at=NOON,
        actor="api:erp",
    )


def client_with(*scopes, stores=()):
    _, secret = create_api_key(
        name="erp", scopes=scopes, store_ids=[store.pk for store in stores], at=clock.now()
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


class TestPutRule:
    def test_keeps_units_back_from_promising(self, store):
        keep(95, sku=MILK)

        assert level_of(store, MILK).available == 5
        with pytest.raises(stock.OutOfStockError):
            world.place(store, (MILK, 6))

    def test_lets_the_most_specific_win(self, store):
        fresh = Category.objects.create(code="fresh", name="Fresh")
        world.make_product(MILK)
        for sku in (MILK, BREAD):
            product = world.make_product(sku)
            product.category = fresh
            product.save()
        keep(1, store=store)
        keep(2, category=fresh)
        keep(3, category=fresh, store=store)
        keep(4, sku=MILK)

        assert [level_of(store, sku).safety_stock for sku in (ICE, BREAD, MILK)] == [1, 3, 4]

        keep(5, sku=MILK, store=store)
        assert level_of(store, MILK).safety_stock == 5

    def test_rounds_a_percentage_of_pieces_up(self, store):
        world.stock(store, MILK, 33)

        keep(10, "PERCENT", sku=MILK)

        assert level_of(store, MILK).safety_stock == 4

    def test_covers_days_by_what_tills_and_handovers_took_in_four_weeks(self, store):
        product = world.make_product(MILK)
        sold = [facts.Fact(1, MILK, "SALE", Decimal(20), NOON - DAY)]
        sold += [facts.Fact(2, MILK, "SALE", Decimal(50), NOON - 29 * DAY)]
        facts.record(store_id=store.pk, source="till", facts=sold, at=NOON, actor="api:pos")
        StockMovement.objects.create(
            store=store, product=product, kind="CONSUME", reserved_change=-8, occurred_at=NOON, actor="x"
        )

        keep(7, "DAYS", sku=MILK)

        assert level_of(store, MILK).safety_stock == 7  # 28 in 28 days

    def test_is_recomputed_by_a_count_and_by_the_sweep(self, store):
        keep(10, "PERCENT", store=store)

        count(store, MILK, 50)
        facts.record(
            store_id=store.pk,
            source="hand",
            facts=[facts.Fact(1, BREAD, "COUNT", Decimal(20), NOON)],
            at=NOON,
            actor="api:pos",
        )
        assert [level_of(store, sku).safety_stock for sku in (ICE, BREAD, MILK)] == [10, 2, 5]

        StockLevel.objects.filter(store=store, product__sku=ICE).update(on_hand=200)
        assert safety.refresh(at=NOON) == 1
        assert level_of(store, ICE).safety_stock == 20

    def test_is_audited_once_however_often_it_is_said(self, store):
        for _ in range(2):
            keep(3, sku=MILK, store=store)

        assert AuditEntry.objects.filter(action="safety-rule-set").count() == 1

    def test_refuses_more_than_all(self, store):
        with pytest.raises(InvalidError):
            keep(101, "PERCENT", store=store)

    def test_refuses_a_rule_about_nothing(self, store):
        with pytest.raises(InvalidError):
            keep(1)


class TestDeleteRule:
    def test_leaves_the_shelf_to_the_next_rule_or_to_none(self, store):
        keep(1, store=store)
        keep(5, sku=MILK)

        safety.delete_rule(safety.Scope(product_id=world.make_product(MILK).pk), at=NOON, actor="user:1")
        assert level_of(store, MILK).safety_stock == 1

        safety.delete_rule(safety.Scope(store_id=store.pk), at=NOON, actor="user:1")
        assert level_of(store, MILK).safety_stock == 0

    def test_of_none_is_refused(self, store):
        with pytest.raises(safety.RuleNotFoundError):
            safety.delete_rule(safety.Scope(store_id=store.pk), at=NOON, actor="user:1")


class TestSetLevel:
    def test_with_a_safety_stock_makes_it_the_products_rule_here(self, store):
        keep(50, store=store)

        level = count(store, MILK, 40, safety_stock=Decimal(6))

        assert (level.safety_stock, level.available) == (6, 34)
        assert SafetyRule.objects.get(product__sku=MILK).amount == 6


class TestSuggest:
    @pytest.fixture
    def short(self, store):
        """Ten orders of 1 to 10 milks, all short, and a bread that was short once."""
        for quantity in range(1, 11):
            world.place(store, (MILK, quantity), (BREAD, 2))
        OrderLine.objects.filter(product__sku=MILK).update(status="SHORT")
        OrderLine.objects.filter(pk=OrderLine.objects.filter(product__sku=BREAD).first().pk).update(
            status="SHORT"
        )

    def test_names_what_would_have_been_enough_for_nine_of_ten(self, store, short):
        keep(3, sku=MILK)

        milk, bread = shorts.suggest(store_id=store.pk, since=NOON - DAY)

        assert (milk.sku, milk.lines, milk.short_lines, milk.short_units) == (MILK, 10, 10, 55)
        assert (milk.safety_stock, milk.suggested) == (3, 12)
        assert (bread.sku, bread.lines, bread.short_lines, bread.suggested) == (BREAD, 10, 1, 2)

    def test_is_accepted_by_a_manager_and_less_can_be_promised(self, store, short, ana, manager):
        url = f"/api/v1/stores/{store.code}/safety-suggestions/"
        client = APIClient()
        client.force_login(manager)
        (milk, _) = client.get(url, {"since": NOON.isoformat()}).data["suggestions"]

        accepted = client.post(url, {"sku": milk["sku"], "safety_stock": milk["suggested"]})

        assert accepted.status_code == 200
        assert level_of(store, MILK).safety_stock == 9
        client.force_login(ana)
        refused = client.post(url, {"sku": MILK, "safety_stock": 0})
        assert (refused.status_code, refused.data["code"]) == (403, "needs-manager")


class TestRulesView:
    URL = "/api/v1/safety-rules/"

    def test_sets_lists_and_deletes(self, store):
        client = client_with("stock:write")
        rule = {"store": store.code, "sku": MILK, "kind": "PERCENT", "amount": "10"}

        put = client.put(self.URL, rule)
        (listed,) = client.get(self.URL).data["results"]
        deleted = client.delete(f"{self.URL}?store={store.code}&sku={MILK}")

        assert put.status_code == 200
        assert listed == put.data == rule | {"category": "", "amount": "10.000"}
        assert deleted.status_code == 204
        assert level_of(store, MILK).safety_stock == 0

    def test_binds_a_key_to_its_stores(self, store):
        other = world.make_store("paris")
        client = client_with("stock:write", stores=[store])
        keep(1, store=other)

        everywhere = client.put(self.URL, {"sku": MILK, "amount": 1})
        elsewhere = client.put(self.URL, {"store": "paris", "sku": MILK, "amount": 1})

        assert (everywhere.status_code, everywhere.data["code"]) == (403, "needs-all-stores")
        assert (elsewhere.status_code, elsewhere.data["code"]) == (404, "store-not-found")
        assert client.get(self.URL).data["results"] == []


class TestStockReport:
    def test_tells_what_counts_found_and_what_is_out(self, store):
        count(store, MILK, 90)
        count(store, MILK, 93)
        count(store, BREAD, 0)

        bread, milk = stock_reports.get_variances(store_id=store.pk, since=NOON, until=NOON + DAY)

        assert (bread.sku, bread.counts, bread.found, bread.lost) == (BREAD, 1, 0, 100)
        assert (milk.sku, milk.counts, milk.found, milk.lost) == (MILK, 2, 3, 10)
        assert [out.sku for out in stock_reports.get_stock_outs(store_id=store.pk)] == [BREAD]

    def test_is_for_the_stores_people_and_keys(self, store, ana):
        url = f"/api/v1/stores/{store.code}/stock-report/"
        client = APIClient()
        client.force_login(world.make_associate(world.make_store("paris"), "Zoe"))

        assert client.get(url).status_code == 404
        client.force_login(ana)
        assert client.get(url).data["stock_outs"] == []
        assert client_with("orders:read", stores=[store]).get(url).status_code == 200


class TestAdmin:
    def test_sets_a_rule_by_the_service(self, store, admin_client):
        fields = {"store": store.pk, "kind": "FIXED", "amount": "4"}

        saved = admin_client.post("/admin/orders/safetyrule/add/", fields)

        assert saved.status_code == 302
        assert level_of(store, MILK).safety_stock == 4
        rule = SafetyRule.objects.get()
        admin_client.post(f"/admin/orders/safetyrule/{rule.pk}/delete/", {"post": "yes"})
        assert level_of(store, MILK).safety_stock == 0
