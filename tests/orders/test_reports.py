import csv
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from orders.models import Task
from orders.services import handover, packing, undoing, visits
from tests import world
from tests.world import BREAD, MILK, NOON


def after(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def picked_up(store, ana):
    """Packed early, its milk on arrival; the customer in bay 1 at 300 s, gone at 420 s."""
    order = world.place(store, (BREAD, 2), (MILK, 1))
    for kind, start in (("PACK_AMBIENT", 60), ("PACK_FRESH", 240)):
        if kind == "PACK_FRESH":
            visits.release_fresh_wave(order_id=order.pk, trigger="PLATE", due_at=after(300), at=after(230))
        task = order.tasks.get(kind=kind)
        packing.start(task_id=task.pk, associate_id=ana.pk, at=after(start))
        packing.finish(
            task_id=task.pk, associate_id=ana.pk, place="B3", bags=1, all_packed=True, at=after(start + 30)
        )
    visits.customer_arrived(order_id=order.pk, visit_id=7, spot_id=None, arrived_at=after(300), at=after(301))
    visits.note_signals(
        order_id=order.pk,
        visit_id=7,
        signals=[{"kind": "PLATE", "confidence": 0.97, "at": after(300).isoformat()}],
        at=after(301),
    )
    packing.start(task_id=Task.objects.get(kind="TAKE_OUT").pk, associate_id=ana.pk, at=after(350))
    order.refresh_from_db()
    handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=after(420))
    return order


def read(response):
    lines = [line for line in response.content.decode().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


class TestPickups:
    def get(self, user, **period):
        client = APIClient()
        client.force_login(user)
        return client.get(
            "/api/v1/stores/lyon-est/pickups.csv",
            {name: moment.isoformat() for name, moment in period.items()},
        )

    def test_tell_how_long_each_step_took(self, picked_up, ana):
        (row,) = read(self.get(ana, since=NOON, until=after(3600)))

        durations = {name: value for name, value in row.items() if name.endswith("_s")}
        assert durations == {
            "time_to_ready_s": "270",
            "pick_time_s": "60",
            "out_of_fridge_s": "180",
            "runner_time_s": "70",
            "wait_s": "120",
        }
        assert (row["arrived_by"], row["ready_on_time"]) == ("PLATE", "True")

    def test_come_with_the_definition_of_every_column(self, picked_up, ana):
        text = self.get(ana, since=NOON, until=after(3600)).content.decode()

        (row,) = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
        defined = [
            line.split(":")[0].removeprefix("# ") for line in text.splitlines() if line.startswith("#")
        ]
        assert defined == list(row)

    def test_keep_to_the_period(self, picked_up, ana):
        assert read(self.get(ana, since=after(421), until=after(3600))) == []

    def test_of_another_store_are_not_there(self, picked_up):
        stranger = world.make_associate(world.make_store("paris"), "Zoe")

        assert self.get(stranger, since=NOON).status_code == 404

    def test_leave_a_voided_handover_out(self, picked_up, ana):
        undoing.undo(order_id=picked_up.pk, associate_id=ana.pk, at=after(425))

        assert read(self.get(ana, since=NOON, until=after(3600))) == []
