"""Every door of the API, from the URL resolver, and what the tests send to each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from bopis import clock

METHODS = ("get", "post", "put", "patch", "delete")
KEY, STAFF, BOTH, TOKEN, PUBLIC = "key", "staff", "both", "token", "public"


@dataclass(frozen=True)
class Door:
    """
    One method of one route.

    :ivar opens_to: who may ever come in: an API key, the store's staff, both, or whoever has the link.
    :ivar body: what its owner could send; "{store}", "{window_start}" ... are filled in by the test.
    :ivar is_shared: not bound to one store in its address: another store's key may be answered, but never
        with anything of the first store's.
    """

    opens_to: str
    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    is_shared: bool = False


def walk(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str, type[APIView]]]:
    """Yield route, method and view of every door below /api/v1/."""
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
            assert view is not None, f"{route} is no APIView"
            for method in METHODS:
                if hasattr(view, method):
                    yield route.removeprefix("api/v1/"), method, view


def get_window() -> dict[str, str]:
    """A pickup window of the real clock, by which the doors go."""
    start = clock.now() + timedelta(hours=2)
    return {"window_start": start.isoformat(), "window_end": (start + timedelta(hours=1)).isoformat()}


LINES = [{"sku": "bread", "quantity": "1"}]
PRODUCT = {"name": "Tea", "zone": "AMBIENT", "price_minor": 250}
TRANSFER = "transfers/<uuid:public_id>/"
ORDER, TASK, STORE, TRACK = (
    "orders/<uuid:public_id>/",
    "tasks/<int:task_id>/",
    "stores/<slug:code>/",
    "track/<str:token>/",
)
DOORS: dict[tuple[str, str], Door] = {
    ("schema/", "get"): Door(PUBLIC),
    ("docs/", "get"): Door(PUBLIC),
    # The catalog is the retailer's, not a store's.
    ("categories/<slug:code>/", "put"): Door(KEY, {"name": "Drinks"}, is_shared=True),
    ("categories/", "put"): Door(KEY, {"categories": [{"code": "tea", "name": "Tea"}]}, is_shared=True),
    ("barcodes/", "put"): Door(KEY, {"barcodes": [{"sku": "bread", "code": "4711"}]}, is_shared=True),
    # Answered row by row: another store's row is refused, the others are not.
    ("prices/", "put"): Door(
        KEY, {"prices": [{"store": "{store}", "sku": "bread", "price_minor": 1}]}, is_shared=True
    ),
    ("products/", "get"): Door(KEY, is_shared=True),
    ("products/", "put"): Door(KEY, {"products": [PRODUCT | {"sku": "tea"}]}, is_shared=True),
    ("products/<str:sku>/", "put"): Door(KEY, PRODUCT, is_shared=True),
    ("availability/", "post"): Door(KEY, {"lines": LINES}, is_shared=True),
    ("stock/", "get"): Door(KEY, is_shared=True),
    ("recalls/", "post"): Door(KEY, {"sku": "bread"}, is_shared=True),
    ("safety-rules/", "get"): Door(KEY, is_shared=True),
    ("safety-rules/", "put"): Door(KEY, {"store": "{store}", "kind": "FIXED", "amount": "2"}),
    ("safety-rules/", "delete"): Door(KEY, query="?store=lyon-est"),
    ("orders/", "get"): Door(KEY, is_shared=True),
    ("orders/", "post"): Door(
        KEY,
        {
            "store": "{store}",
            "number": "W-9",
            "customer": {"external_id": "c-9", "first_name": "Ines"},
            "lines": LINES,
            "window": True,
        },
    ),
    ("holds/", "post"): Door(KEY, {"store": "{store}", "lines": LINES}),
    ("holds/<uuid:public_id>/", "delete"): Door(KEY),
    ("transfers/", "get"): Door(BOTH, is_shared=True),
    ("transfers/", "post"): Door(BOTH, {"source": "nantes", "target": "{store}", "lines": LINES}),
    (TRANSFER, "get"): Door(BOTH),
    (f"{TRANSFER}accept/", "post"): Door(BOTH),
    (f"{TRANSFER}refuse/", "post"): Door(BOTH),
    (f"{TRANSFER}send/", "post"): Door(BOTH),
    (f"{TRANSFER}receive/", "post"): Door(BOTH),
    (f"{TRANSFER}cancel/", "post"): Door(BOTH),
    (f"{STORE}stock/<str:sku>/", "put"): Door(KEY, {"on_hand": "7"}),
    (f"{STORE}stock-facts/", "post"): Door(
        KEY,
        {
            "source": "till-1",
            "facts": [
                {
                    "sequence": 1,
                    "sku": "bread",
                    "kind": "SALE",
                    "quantity": "1",
                    "occurred_at": "2026-11-20T12:00:00Z",
                }
            ],
        },
    ),
    (f"{STORE}stock-movements/", "get"): Door(KEY),
    (f"{STORE}stock-report/", "get"): Door(BOTH),
    (f"{STORE}safety-suggestions/", "get"): Door(BOTH),
    (f"{STORE}safety-suggestions/", "post"): Door(BOTH, {"sku": "bread", "safety_stock": "2"}),
    (f"{STORE}slots/", "post"): Door(KEY, {"lines": LINES}),
    (f"{STORE}board/", "get"): Door(STAFF),
    (f"{STORE}pickups.csv", "get"): Door(BOTH),
    (f"{STORE}zones-at/", "post"): Door(STAFF, {"latitude": 45.75, "longitude": 4.95}),
    (ORDER, "get"): Door(KEY),
    (f"{ORDER}events/", "get"): Door(KEY),
    (f"{ORDER}cancel/", "post"): Door(BOTH),
    (f"{ORDER}window/", "post"): Door(KEY, {"window": True}),
    (f"{ORDER}paid/", "post"): Door(KEY),
    (f"{ORDER}hold/", "post"): Door(BOTH, {"reason": "STOCK"}),
    (f"{ORDER}resume/", "post"): Door(BOTH),
    (f"{ORDER}extend/", "post"): Door(BOTH),
    (f"{ORDER}store/", "post"): Door(BOTH, {"store": "{store}"}),
    (f"{ORDER}vehicle/", "post"): Door(BOTH, {"vehicle": None}),
    (f"{ORDER}lines/", "post"): Door(BOTH, {"lines": LINES}),
    (f"{ORDER}returns/", "get"): Door(BOTH),
    (f"{ORDER}returns/", "post"): Door(
        BOTH, {"lines": [{"line": 1, "quantity": "1", "reason": "stale", "condition": "GOOD"}]}
    ),
    (f"{ORDER}release-prescription/", "post"): Door(STAFF),
    (f"{ORDER}reject/", "post"): Door(STAFF, {"lines": [{"line": 1, "quantity": "1", "reason": "stale"}]}),
    (f"{ORDER}fresh-wave/", "post"): Door(STAFF),
    (f"{ORDER}hand-over/", "post"): Door(STAFF, {"code": "ABCDEF"}),
    (f"{ORDER}undo-hand-over/", "post"): Door(STAFF),
    (f"{ORDER}void-hand-over/", "post"): Door(STAFF, {"reason": "wrong car"}),
    (f"{ORDER}arrived/", "post"): Door(STAFF, {"spot": "1"}),
    (f"{ORDER}not-here/", "post"): Door(STAFF),
    (f"{ORDER}signals/", "get"): Door(STAFF),
    (TASK, "get"): Door(STAFF),
    (f"{TASK}start/", "post"): Door(STAFF),
    (f"{TASK}release/", "post"): Door(STAFF),
    (f"{TASK}pick/", "post"): Door(STAFF, {"line": 1, "quantity": "1"}),
    (f"{TASK}pack/", "post"): Door(STAFF, {"line": 1}),
    (f"{TASK}short/", "post"): Door(STAFF, {"line": 1}),
    (f"{TASK}finish/", "post"): Door(STAFF, {"place": "B3", "all": True}),
    (f"{TASK}remove/", "post"): Door(STAFF),
    (f"{TASK}put-back/", "post"): Door(STAFF),
    ("checks/<int:task_id>/", "post"): Door(STAFF, {"answer": "yes"}),
    (TRACK, "get"): Door(TOKEN),
    (f"{TRACK}extend/", "post"): Door(TOKEN),
    (f"{TRACK}cancel/", "post"): Door(TOKEN),
    (f"{TRACK}store/", "post"): Door(TOKEN, {"store": "{store}"}),
    (f"{TRACK}window/", "post"): Door(TOKEN, {"window": True}),
    (f"{TRACK}vehicle/", "post"): Door(TOKEN, {"vehicle": None}),
    (f"{TRACK}lines/", "post"): Door(TOKEN, {"lines": LINES}),
    (f"{TRACK}delegates/", "get"): Door(TOKEN),
    (f"{TRACK}delegates/", "post"): Door(TOKEN, {"name": "Kim"}),
    (f"{TRACK}delegates/<uuid:public_id>/", "delete"): Door(TOKEN),
    (f"{TRACK}here/", "post"): Door(TOKEN, {"spot": "1"}),
    (f"{TRACK}on-my-way/", "post"): Door(TOKEN, {"minutes": 10}),
    (f"{TRACK}sharing/", "get"): Door(TOKEN),
    (f"{TRACK}sharing/", "post"): Door(TOKEN, {"share": True}),
    ("delegate/<str:token>/", "get"): Door(TOKEN),
}
