from typing import Any

import pytest
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from orders.models import Product

DRINKS: dict[str, Any] = {
    "name": "Drinks",
    "attribute_schema": {
        "type": "object",
        "properties": {"volume_ml": {"type": "integer", "minimum": 1}, "glass": {"type": "boolean"}},
        "required": ["volume_ml"],
        "additionalProperties": False,
    },
}
WINE = {"name": "Riesling", "zone": "AMBIENT", "price_minor": 899, "category": "drinks"}


@pytest.fixture
def shop(db):
    _, secret = create_api_key(name="shop", scopes=["products:write"], store_ids=[], at=clock.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def drinks(shop):
    assert shop.put("/api/v1/categories/drinks/", DRINKS, format="json").status_code == 201


def put_wine(shop, **changes):
    return shop.put("/api/v1/products/riesling/", WINE | changes, format="json")


class TestCategory:
    def test_gives_its_products_new_attributes_without_a_migration(self, shop, drinks):
        wider = DRINKS["attribute_schema"]["properties"] | {"grape": {"type": "string"}}
        schema = DRINKS["attribute_schema"] | {"properties": wider}
        changed = shop.put("/api/v1/categories/drinks/", DRINKS | {"attribute_schema": schema}, format="json")

        response = put_wine(shop, attributes={"volume_ml": 750, "grape": "Riesling"})

        assert (changed.status_code, response.status_code) == (200, 201)
        assert Product.objects.get(attributes__contains={"grape": "Riesling"}).sku == "riesling"

    @pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "object", "properties": 3}, []])
    def test_refuses_what_is_no_schema(self, shop, schema):
        response = shop.put(
            "/api/v1/categories/drinks/", DRINKS | {"attribute_schema": schema}, format="json"
        )

        assert (response.status_code, response.data["code"]) == (400, "invalid")


class TestProduct:
    @pytest.mark.parametrize(
        "attributes", [{}, {"volume_ml": 0}, {"volume_ml": "much"}, {"volume_ml": 750, "color": "white"}]
    )
    def test_is_refused_with_attributes_that_its_category_does_not_know(self, shop, drinks, attributes):
        response = put_wine(shop, attributes=attributes)

        assert (response.status_code, response.data["code"]) == (422, "attributes-invalid")
        assert response.data["faults"]
        assert not Product.objects.exists()

    def test_is_refused_in_a_category_that_does_not_exist(self, shop):
        response = put_wine(shop)

        assert (response.status_code, response.data["code"]) == (404, "category-not-found")


class TestProducts:
    def test_are_written_each_for_itself(self, shop, drinks):
        rows = [
            {"sku": "riesling", **WINE, "attributes": {"volume_ml": 750}},
            {"sku": "merlot", **WINE, "attributes": {}},
            {"sku": "salt", "name": "Salt", "zone": "AMBIENT", "price_minor": 49},
        ]

        first, second = (
            shop.put("/api/v1/products/", {"products": rows}, format="json").data["products"]
            for _ in range(2)
        )

        assert [row["outcome"] for row in first] == ["created", "attributes-invalid", "created"]
        assert [row["outcome"] for row in second] == ["updated", "attributes-invalid", "updated"]

    def test_are_at_most_a_thousand_at_once(self, shop):
        row = {"name": "Salt", "zone": "AMBIENT", "price_minor": 49}
        rows = [{"sku": f"salt-{number}", **row} for number in range(1001)]

        response = shop.put("/api/v1/products/", {"products": rows}, format="json")

        assert (response.status_code, response.data["code"]) == (400, "invalid")
        assert not Product.objects.exists()
