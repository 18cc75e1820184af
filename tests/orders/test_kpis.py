import csv
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bopis import clock
from orders import kpis
from orders.models import Task
from orders.services import handover, packing, visits
from tests import world
from tests.world import BREAD, MILK, NOON

DAY = NOON.date()


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def pick_up(store, associate, *, wait_s, start=0, short=False, visit_id):
    """An order handed over `wait_s` after its customer came; of two breads and a milk, perhaps no milk."""
    order = world.place(store, (BREAD, 2), (MILK, 1))
    visits.release_fresh_wave(
        order_id=order.pk, trigger="PLATE", due_at=after(start + 60), at=after(start + 10)
    )
    for task in order.tasks.filter(kind__startswith="PACK").order_by("kind"):
        packing.start(task_id=task.pk, associate_id=associate.pk, at=after(start + 20))
        if short and task.kind == "PACK_FRESH":
            line = order.lines.get(product__sku=MILK)
            packing.mark_short(
                task_id=task.pk, line_id=line.pk, associate_id=associate.pk, at=after(start + 30)
            )
        task.refresh_from_db()
        if task.status == Task.Status.IN_PROGRESS:
            packing.finish(
                task_id=task.pk,
                associate_id=associate.pk,
                place="B3",
                bags=1,
                all_packed=True,
                at=after(start + 50),
            )
    arrived_at = after(start + 100)
    visits.customer_arrived(
        order_id=order.pk, visit_id=visit_id, spot_id=None, arrived_at=arrived_at, at=arrived_at
    )
    order.refresh_from_db()
    take_out = Task.objects.get(kind="TAKE_OUT", visit_id=visit_id)
    packing.start(task_id=take_out.pk, associate_id=associate.pk, at=arrived_at)
    order.refresh_from_db()
    handover.hand_over(
        order_id=order.pk,
        associate_id=associate.pk,
        code=order.pickup_code,
        at=arrived_at + timedelta(seconds=wait_s),
    )
    return order


@pytest.fixture
def busy_day(store, ana):
    """Ten customers at noon who waited 10 to 100 s, one without milk; one at 14 who waited 500 s."""
    for number in range(10):
        pick_up(
            store, ana, wait_s=10 * (number + 1), start=60 * number, short=number == 0, visit_id=number + 1
        )
    pick_up(store, ana, wait_s=500, start=7200, visit_id=11)
    lost = world.place(store)
    lost.status, lost.status_changed_at = "EXPIRED", after(7200)
    lost.save()


@pytest.fixture
def page(manager, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: after(7 * 3600))
    client = Client()
    client.force_login(manager)
    return client


class TestDay:
    def test_has_the_figures_of_each_hour(self, store, busy_day):
        noon, two = kpis.get_day(store, DAY).hours

        assert (noon.hour.hour, two.hour.hour) == (13, 15)  # in Lyon
        assert (noon.orders, noon.wait_median_s, noon.wait_p90_s) == (10, 55, 90)
        assert (noon.short_rate, noon.fill_rate) == (round(1 / 20, 4), round(29 / 30, 4))
        assert (noon.no_show, two.no_show) == (0, 0.5)
        assert (two.orders, two.wait_p90_s, two.ready_on_time) == (1, 500, 0)

    def test_has_the_figures_of_all_hours_together(self, store, busy_day):
        total = kpis.get_day(store, DAY).total

        assert (total.orders, total.wait_median_s, total.wait_p90_s) == (11, 60, 100)
        assert (total.no_show, total.ready_on_time) == (round(1 / 12, 4), round(10 / 11, 4))

    def test_begins_and_ends_by_the_stores_clock(self, store, ana):
        pick_up(store, ana, wait_s=10, start=11 * 3600 + 1, visit_id=1)  # 0:01 of the next day in Lyon

        assert kpis.get_day(store, DAY).total.orders == 0
        assert kpis.get_day(store, date(2026, 11, 21)).total.orders == 1

    def test_without_anything_has_no_figures(self, store):
        total = kpis.get_day(store, DAY).total

        assert (total.orders, total.wait_median_s, total.no_show, total.signals) == (0, None, None, {})

    def test_keeps_the_hour_that_comes_twice_apart(self):
        zone = ZoneInfo("Europe/Paris")
        first = NOON.replace(month=10, day=25, hour=0, minute=30)  # 2:30, and an hour later 2:30 again
        hours = kpis._by_hour([first, first + timedelta(hours=1)], lambda moment: moment, zone)

        assert len(hours) == 2

    def test_takes_as_many_queries_for_ten_orders_as_for_one(self, store, busy_day):
        with CaptureQueriesContext(connection) as many:
            kpis.get_day(store, DAY)
        with CaptureQueriesContext(connection) as few:
            kpis.get_day(store, DAY + timedelta(days=1))

        assert len(many) <= len(few) + 3  # tasks, lines, take-outs


class TestReport:
    def test_equals_a_hand_calculation_on_the_exported_pickups(self, page, busy_day):
        export = page.get(
            "/api/v1/stores/lyon-est/pickups.csv",
            {"since": NOON.isoformat(), "until": after(5 * 3600).isoformat()},
        )
        rows = list(
            csv.DictReader(line for line in export.content.decode().splitlines() if not line.startswith("#"))
        )
        waits = sorted(int(row["wait_s"]) for row in rows)
        short = sum(int(row["short_lines"]) for row in rows) / sum(int(row["lines"]) for row in rows)

        shown = page.get("/reports/lyon-est/").content.decode()
        assert (waits[5], waits[9]) == (60, 100)
        assert "<dt>Wait, median</dt><dd>1:00</dd>" in shown
        assert "<dt>Wait, 90 %</dt><dd>1:40</dd>" in shown
        assert f"<dt>Short</dt><dd>{short * 100:.1f} %</dd>" in shown

    def test_draws_the_hours_and_says_what_the_figures_mean(self, page, busy_day):
        shown = page.get("/reports/lyon-est/").content.decode()

        assert shown.count("<rect") == 8  # four charts, two hours
        assert shown.count('class="late"') == 1  # 500 s
        assert "first confirmed moment on the lot" in shown
        assert "<style" not in shown
        assert " style=" not in shown

    def test_comes_as_a_file(self, page, busy_day):
        file = page.get("/reports/lyon-est/kpis.csv", {"day": "2026-11-20"})
        lines = [line for line in file.content.decode().splitlines() if not line.startswith("#")]

        assert [row["orders"] for row in csv.DictReader(lines)] == ["10", "1", "11"]
        assert list(csv.DictReader(lines))[-1]["hour"] == "day"
        assert 'filename="lyon-est-2026-11-20.csv"' in file["Content-Disposition"]

    @pytest.mark.parametrize("day", ["x", "2026-13-01", "1999-12-31", "2027-01-01", "9999-12-31", "\0"])
    def test_of_a_day_that_is_none_is_not_there(self, page, day):
        assert page.get("/reports/lyon-est/", {"day": day}).status_code == 404

    def test_of_a_day_without_orders_says_so(self, page):
        assert "Nothing was handed over" in page.get("/reports/lyon-est/").content.decode()

    def test_is_for_managers_of_the_store(self, ana, page):
        stranger = world.make_associate(world.make_store("paris"), "Max", role="MANAGER")
        nobody = User.objects.create_user("nobody")

        def knock(user, address):
            client = Client()
            if user:
                client.force_login(user)
            return client.get(address).status_code

        for address in ("/reports/lyon-est/", "/reports/lyon-est/kpis.csv"):
            assert [knock(user, address) for user in (ana, stranger, nobody, None)] == [403, 404, 404, 302]
