"""Measure the reading of plates on a folder of anyone's own pictures."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bopis.errors import DomainError
from vision import detector, easyocr_engine, evaluation


class Command(BaseCommand):
    """Prints how many plates are found and read; needs no server."""

    help = (
        "Measure finding and reading of plates on FOLDER: pictures with labels.csv "
        "(file,plate_text,x,y,w,h; boxes optional; empty text: no plate; ?: text unknown)."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--crops", action="store_true", help="read the labels' boxes instead of finding plates"
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, folder: Path, crops: bool, json: bool, **options: Any) -> None:
        try:
            evaluation.load_labels(folder)  # before the engines, which take seconds
            figures = evaluation.evaluate(
                folder,
                recognizer=easyocr_engine.get_recognizer(),
                detector=None if crops else detector.get_detector(),
            )
        except DomainError as error:
            raise CommandError(f"{error.detail} ({error.code})") from error
        self.stdout.write(to_json(figures) if json else to_table(figures))


def to_json(figures: dict[str, object]) -> str:
    """Return the figures as one line."""
    return json.dumps(figures)


def to_table(figures: dict[str, object]) -> str:
    """Return the figures as lines for people; a dash where nothing could be measured."""
    return "\n".join(f"{name:<16} {'-' if value is None else value}" for name, value in figures.items())
