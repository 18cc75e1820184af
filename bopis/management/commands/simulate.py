"""manage.py simulate: a store's days in minutes, on a virtual clock, through the real services."""

import json
import math
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.core.management.base import BaseCommand

from bopis import bench
from bopis.simulation import measures, world
from bopis.simulation.play import Player

A_DAY = 110  # orders a day of a mean French drive-in shop (design figures, section 3)
A_SHIFT = 25  # orders a day for which there is one associate
FIRST_DAY = datetime(2026, 11, 16, tzinfo=UTC)


class Command(BaseCommand):
    """Play so many visits and print what came of them; the same seed plays the same world."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--visits", type=int, default=A_DAY)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="print one line of JSON, the last")

    def handle(self, *args: Any, **options: Any) -> None:
        with bench.own_servers():
            figures = play(visits=options["visits"], seed=options["seed"])
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        for name, value in figures.items():
            self.stdout.write(f"{name:24} {value}")


def play(*, visits: int, seed: int) -> dict[str, Any]:
    """Play in the database in use, which must be empty, and return the figures."""
    random = Random(seed)
    player = Player(
        associates=max(2, math.ceil(min(visits, A_DAY) / A_SHIFT)),
        random=random,
        at=FIRST_DAY - timedelta(days=2),
    )
    scripts: list[world.Visit] = []
    for day in range(math.ceil(visits / A_DAY)):
        left = min(A_DAY, visits - len(scripts))
        scripts += world.draw_day(random, FIRST_DAY + timedelta(days=day), left, len(scripts))
    for script in scripts:
        player.plan(script)
    player.run()
    return {"seed": seed, **measures.measure(scripts, player)}
