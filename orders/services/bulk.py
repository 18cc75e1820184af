"""Barcodes, prices and categories by the thousand, each row for itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from orders.models import Barcode, Category, Price, Product, Store

UNKNOWN_SKU = "unknown-sku"


@dataclass(frozen=True)
class PriceRow:
    """What a product costs at a store, in minor units; None: what it costs everywhere."""

    store: str
    sku: str
    price_minor: int | None


@transaction.atomic
def upsert_barcodes(rows: Sequence[tuple[str, str]]) -> list[str]:
    """
    Give barcodes to products; one that another product had is its no longer. A repeat changes nothing.

    :param rows: barcode and SKU, of which the last word about a code counts.
    :return: for each row "stored" or "unknown-sku".
    """
    product_ids = _get_product_ids(sku for _, sku in rows)
    wanted = {code: product_ids[sku] for code, sku in rows if sku in product_ids}
    Barcode.objects.bulk_create(
        [Barcode(code=code, product_id=wanted[code]) for code in sorted(wanted)],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["product"],
    )
    return ["stored" if sku in product_ids else UNKNOWN_SKU for _, sku in rows]


@transaction.atomic
def upsert_prices(rows: Sequence[PriceRow], *, store_ids: Sequence[int] | None) -> list[str]:
    """
    Set stores' own prices. Orders keep the price they were placed at; a repeat changes nothing.

    :param store_ids: the stores that the caller may price for; None: all.
    :return: for each row "stored", "unknown-sku" or "store-not-found".
    """
    product_ids = _get_product_ids(row.sku for row in rows)
    stores = Store.objects.filter(code__in={row.store for row in rows})
    if store_ids is not None:
        stores = stores.filter(pk__in=store_ids)
    known = dict(stores.values_list("code", "pk"))
    wanted = {
        (product_ids[row.sku], known[row.store]): row.price_minor
        for row in rows
        if row.sku in product_ids and row.store in known
    }
    Price.objects.bulk_create(
        [
            Price(product_id=product, store_id=store, price_minor=minor)
            for (product, store), minor in sorted(wanted.items(), key=lambda item: item[0])
            if minor is not None
        ],
        update_conflicts=True,
        unique_fields=["product", "store"],
        update_fields=["price_minor"],
    )
    _delete_prices([scope for scope, minor in wanted.items() if minor is None])
    return [_judge(row, product_ids, known) for row in rows]


@transaction.atomic
def upsert_categories(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Write categories down; return for each "created" or "updated". A repeat changes nothing."""
    outcomes = []
    for code, values in rows:
        _, is_new = Category.objects.update_or_create(code=code, defaults=dict(values))
        outcomes.append("created" if is_new else "updated")
    return outcomes


def _get_product_ids(skus: Iterable[str]) -> dict[str, int]:
    return dict(Product.objects.filter(sku__in=set(skus)).values_list("sku", "pk"))


def _delete_prices(scopes: Sequence[tuple[int, int]]) -> None:
    for store in {store for _, store in scopes}:
        products = [product for product, other in scopes if other == store]
        Price.objects.filter(store=store, product__in=products).delete()


def _judge(row: PriceRow, product_ids: Mapping[str, int], stores: Mapping[str, int]) -> str:
    if row.store not in stores:
        return "store-not-found"
    return "stored" if row.sku in product_ids else UNKNOWN_SKU
