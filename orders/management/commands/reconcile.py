"""manage.py reconcile: whether levels, ledger and promises tell the same story."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from orders.services.reconcile import find_differences


class Command(BaseCommand):
    """Print every stock level that is not explained to the unit; fail when there is one."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON, the last")

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Compare at one moment of the database.

        :raises CommandError: if a level is not explained.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = find_differences()
        if options["json"]:
            self.stdout.write(json.dumps({"differences": [asdict(one) for one in found]}, default=str))
        else:
            for one in found:
                self.stdout.write(
                    f"store {one.store_id} product {one.product_id}: {one.what} is {one.level}, "
                    f"explained are {one.explained}"
                )
        if found:
            raise CommandError(f"{len(found)} differences")
