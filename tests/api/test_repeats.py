"""Every command of an integrator can be sent twice: with a key, or because it does no harm."""

from tests.api.routes import BOTH, DOORS, KEY, walk

CREATES = {  # a second one would be another order, hold, return ...: the key is required
    "orders/",
    "holds/",
    "recalls/",
    "transfers/",
    "orders/<uuid:public_id>/lines/",
    "orders/<uuid:public_id>/returns/",
}
NEEDS_NONE = {
    "availability/": "reads",
    "stores/<slug:code>/slots/": "reads",
    "stores/<slug:code>/stock-facts/": "source and sequence make every fact count once",
}


def get_posts():
    return {
        route: view.post  # type: ignore[attr-defined]
        for route, method, view in walk()
        if method == "post" and DOORS[route, method].opens_to in {KEY, BOTH}
    }


class TestCommands:
    def test_that_create_need_a_key(self):
        needing = {route for route, post in get_posts().items() if getattr(post, "needs_idempotency_key", 0)}

        assert needing == CREATES

    def test_that_do_no_harm_twice_take_one(self):
        keyless = {route for route, post in get_posts().items() if not hasattr(post, "needs_idempotency_key")}

        assert keyless == set(NEEDS_NONE)

    def test_that_change_an_order_take_the_version_that_was_seen(self):
        unversioned = {
            route
            for route, post in get_posts().items()
            if route.startswith("orders/<") and not hasattr(post, "is_versioned")
        }

        assert unversioned == set()
