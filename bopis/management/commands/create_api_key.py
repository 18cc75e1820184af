"""`manage.py create_api_key "web shop" --scope orders:write --store lyon-est`: prints the key once."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from bopis import audit, authentication, clock


class Command(BaseCommand):
    help = "Makes an API key for an integrator and prints it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="whose key it is, for people")
        parser.add_argument(
            "--scope",
            action="append",
            choices=sorted(authentication.SCOPES),
            required=True,
            help="what it may do; give it once for each",
        )
        parser.add_argument(
            "--store",
            action="append",
            default=[],
            help="a store's code; without any, it works for all stores",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        store_ids = self._find_stores(options["store"])
        key, text = authentication.create_api_key(
            name=options["name"], scopes=options["scope"], store_ids=store_ids, at=at
        )
        audit.record(
            actor="command", action="api-key-created", subject=f"key:{key.pk}", at=at, scopes=key.scopes
        )
        self.stdout.write(text)

    def _find_stores(self, codes: list[str]) -> list[int]:
        found = dict(
            apps.get_model("orders", "Store").objects.filter(code__in=codes).values_list("code", "pk")
        )
        if missing := sorted(set(codes) - set(found)):
            raise CommandError(f"no such store: {', '.join(missing)}")
        return list(found.values())
