"""`manage.py demo`: a store's morning on the real processes; --once ends with its account as JSON."""

import json
import os
import signal
import sys
from argparse import ArgumentParser
from datetime import datetime
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from bopis.demo import account, morning, once
from bopis.demo.processes import ProcessError
from bopis.demo.stage import AlreadyRunningError, Stage, choose_port

INTERRUPTED = 130  # as shells say it of Ctrl-C


class Command(BaseCommand):
    """Plays the morning until Ctrl-C, or with --once one story without a person."""

    help = "A store's morning, with cars before a camera, associates and customers, on the real processes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one story, then its account as JSON")
        parser.add_argument("--port", type=int, help="of the web server; 8000 if it is free")

    def handle(self, *, once: bool, port: int | None, **options: Any) -> None:
        """
        Play.

        :raises CommandError: in production, if a demo runs already, and if a process does not start.
        """
        if settings.PRODUCTION:
            raise CommandError("the demo is not for production: it makes a store of its own")
        signal.signal(signal.SIGTERM, _leave)
        sys.setswitchinterval(0.001)  # the renderer shares this process with clients that note the time
        self._out = self.stderr if once else self.stdout  # what --once says on standard output is its account
        try:
            self._play_once(port) if once else self._play_on(port)
        except (AlreadyRunningError, ProcessError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._say("the demo is over")
            sys.exit(INTERRUPTED if once else 0)

    def _play_once(self, port: int | None) -> None:
        with self._set_stage(port, once.PACE) as stage:
            told = account.play(
                stage, var=settings.BOPIS_VAR, redis_url=os.environ["REDIS_URL"], say=self._say
            )
        self.stderr.flush()
        self.stdout.write(json.dumps(told))
        self.stdout.flush()
        if not told["ok"]:
            sys.exit(1)

    def _play_on(self, port: int | None) -> None:
        with self._set_stage(port, morning.PACE) as stage:
            morning.play(stage, say=self._say)

    def _set_stage(self, port: int | None, pace: Any) -> Stage:
        call_command("migrate", verbosity=0, interactive=False)
        self._say("the tables are there")
        return Stage(var=settings.BOPIS_VAR, port=choose_port(port), pace=pace, say=self._say)

    def _say(self, text: str) -> None:
        line = f"{datetime.now():%H:%M:%S}  {text}"  # noqa: DTZ005  (the watcher's own clock)
        self._out.write(line, style_func=str)  # standard error is no error here, so not red
        self._out.flush()


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
