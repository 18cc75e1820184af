#!/usr/bin/env python
"""The command line of the project; without DATABASE_URL it brings its own servers."""

import os
import sys

from bopis import embedded

# These read files or print text; starting two servers for them would only cost time.
NEEDS_NO_SERVERS = {
    "help", "--help", "-h", "version", "--version", "check", "diffsettings",
    "makemessages", "compilemessages", "collectstatic", "findstatic", "startapp", "spectacular",
    "evaluate_plates", "evaluate_video", "train_plates",
}  # fmt: skip


def main() -> None:
    """Give the command its servers and settings, then run it."""
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bopis.settings")
    if command not in NEEDS_NO_SERVERS and not {"-h", "--help"} & set(sys.argv):
        embedded.provide()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
