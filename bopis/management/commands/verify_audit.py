"""`manage.py verify_audit`: checks every chain of the audit trail, and prints their ends to be kept."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bopis import audit


class Command(BaseCommand):
    help = "Checks that no audit entry was changed, removed, inserted or moved; exits 1 if one was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="CHAIN:SEQUENCE:HASH",
            help="an end that an earlier run printed; only this shows whether newer entries were cut off",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        heads = tuple(_parse(text) for text in options["head"])
        breaks = list(audit.find_breaks(heads=heads))
        for found in breaks:
            self.stderr.write(f"chain {found.chain}, entry {found.sequence} {found.reason}")
        if breaks:
            raise CommandError(f"the audit trail was tampered with in {len(breaks)} places")
        for head in audit.get_heads():
            self.stdout.write(f"{head.chain}:{head.sequence}:{head.hash}")


def _parse(text: str) -> audit.Head:
    try:
        chain, sequence, entry_hash = text.split(":")
        return audit.Head(int(chain), int(sequence), entry_hash)
    except ValueError as error:
        raise CommandError(f"{text} is no CHAIN:SEQUENCE:HASH") from error
