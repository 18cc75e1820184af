"""`manage.py bench NAME`: run one benchmark; without a name, list them."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bopis import bench


def _read_option(text: str) -> tuple[str, int]:
    key, equals, number = text.partition("=")
    if not equals or not number.isdigit():
        raise ArgumentTypeError(f"{text!r} is not KEY=NUMBER")
    return key, int(number)


class Command(BaseCommand):
    """Runs a benchmark; ends with 0 when it ran, whether or not its goals hold."""

    help = "Run a benchmark and write its figures to var/bench/NAME.json; without a name, list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name, and numbers for a shorter or longer run than the one in docs/figures.md."""
        parser.add_argument("name", nargs="?")
        parser.add_argument("--json", action="store_true", help="print the report as one line, the last")
        parser.add_argument(
            "--set", nargs="*", default=[], type=_read_option, metavar="KEY=NUMBER", help="such as rounds=20"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it."""
        names = bench.get_names()
        if options["name"] is None:
            for name in names:
                self.stdout.write(f"{name:16}{(bench.load(name).__doc__ or '').splitlines()[0]}")
            return
        if options["name"] not in names:
            raise CommandError(f"no benchmark {options['name']!r}; there are: {', '.join(names) or 'none'}")
        report = bench.run(options["name"], dict(options["set"]))
        self._show(report)
        if options["json"]:
            self.stdout.write(json.dumps(report))

    def _show(self, report: dict[str, Any]) -> None:
        for key, figure in report["figures"].items():
            verdict = f"goal {figure['goal']}: {'holds' if figure['holds'] else 'MISSED'}"
            self.stdout.write(f"{key:24}{figure['value']:>12}  {verdict if figure['goal'] else ''}".rstrip())
