"""
The peer's side of the benchmark `stock`: django-oscar places the same baskets.

A script for the environment that the benchmark makes for it; it imports nothing of the product.
Usage: _oscar.py prepare | cost ORDERS CLIENTS | race ROUNDS BUYERS; the last line is JSON.
"""
# mypy: ignore-errors
# ruff: noqa: T201  # it speaks by its output

import json
import os
import resource
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from urllib.parse import urlsplit

import django
from django.conf import settings

PRODUCTS, LINES = 400, 20


def configure() -> None:
    """Set Django up with oscar's own defaults on the database of OSCAR_DATABASE_URL."""
    from oscar import INSTALLED_APPS, defaults

    url = urlsplit(os.environ["OSCAR_DATABASE_URL"])
    own = {name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")}
    settings.configure(
        **own,
        SECRET_KEY="peer",
        SITE_ID=1,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="django.contrib.auth.urls",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.path.strip("/"),
                "USER": url.username,
                "PASSWORD": url.password,
                "HOST": url.hostname,
                "PORT": url.port,
                "CONN_MAX_AGE": None,
            }
        },
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        INSTALLED_APPS=INSTALLED_APPS,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()


def prepare() -> None:
    """Make oscar's tables and a catalog with plenty in stock."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from oscar.test import factories

    for number in range(PRODUCTS):
        make_product(factories, number, 1_000_000)


def make_product(factories, number: int, stock: int):
    """Return a product with so many units."""
    return factories.create_product(
        upc=f"p-{number}", title=f"Product {number}", price=Decimal("2.50"), num_in_stock=stock
    )


def make_basket(products):
    """Return a saved basket of one unit of each."""
    from oscar.apps.basket.models import Basket
    from oscar.apps.partner.strategy import Default

    basket = Basket.objects.create()
    basket.strategy = Default()
    for product in products:
        basket.add_product(product)
    return basket


def place(basket_id: int) -> bool:
    """Place a basket as oscar's checkout does, after its own check that all can be bought."""
    from oscar.apps.basket.models import Basket
    from oscar.apps.checkout.calculators import OrderTotalCalculator
    from oscar.apps.order.utils import OrderCreator
    from oscar.apps.partner.strategy import Default
    from oscar.apps.shipping.methods import Free

    basket = Basket.objects.get(pk=basket_id)
    basket.strategy = Default()
    if not all(
        line.purchase_info.availability.is_purchase_permitted(line.quantity)[0] for line in basket.all_lines()
    ):
        return False
    shipping = Free()
    charge = shipping.calculate(basket)
    total = OrderTotalCalculator().calculate(basket, charge)
    OrderCreator().place_order(basket, total, shipping, charge, order_number=f"N{basket_id}")
    basket.submit()
    return True


def measure_cost(orders: int, clients: int) -> dict[str, float]:
    """Return the CPU seconds of this process for so many orders; the baskets are made before."""
    from django.db import connection
    from oscar.apps.catalogue.models import Product

    products = list(Product.objects.order_by("pk")[:PRODUCTS])
    baskets = [
        make_basket(products[(number * 7 + line * 13) % PRODUCTS] for line in range(LINES)).pk
        for number in range(orders + clients)
    ]
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(place, baskets[:clients]))  # imports and connections
        print("READY", flush=True)  # the benchmark reads PostgreSQL's CPU here ...
        sys.stdin.readline()
        before = get_cpu_s()
        list(threads.map(place, baskets[clients:]))
        spent = get_cpu_s() - before
        print("DONE", flush=True)  # ... and here
        sys.stdin.readline()
    connection.close()
    return {"orders": orders, "cpu_s": spent}


def get_cpu_s() -> float:
    """Return the CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def race(rounds: int, buyers: int) -> dict[str, int]:
    """Let the buyers race for one unit; return how many rounds sold exactly it, and the units too many."""
    from django.db import connection
    from oscar.apps.catalogue.models import Product
    from oscar.apps.partner.models import StockRecord
    from oscar.test import factories

    start = Product.objects.count()
    exact = oversold = 0
    for number in range(rounds):
        product = make_product(factories, start + number, 1)
        baskets = [make_basket([product]).pk for _ in range(buyers)]
        line = threading.Barrier(buyers)

        def buy(basket_id: int, line: threading.Barrier = line) -> None:
            try:
                connection.ensure_connection()
                line.wait()
                place(basket_id)
            finally:
                connection.close()

        with ThreadPoolExecutor(buyers) as threads:
            list(threads.map(buy, baskets))
        sold = StockRecord.objects.get(product=product).num_allocated or 0
        exact += sold == 1
        oversold += max(sold - 1, 0)
    return {"rounds": rounds, "exact": exact, "oversold": oversold}


if __name__ == "__main__":
    configure()
    what, *numbers = sys.argv[1:]
    work = {"prepare": prepare, "cost": measure_cost, "race": race}[what]
    print(json.dumps(work(*(int(number) for number in numbers)) or {}))
