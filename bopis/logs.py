"""Keeps link tokens out of the logs: a tracking address in a log line would be a working key."""

import logging
import re

TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")  # as privacy.sign_token makes
SECRET = re.compile(r"bopis_[a-z0-9]{8}_[A-Za-z0-9_-]+")  # an API key


class RedactTokens(logging.Filter):
    """Replaces anything that looks like a link token or an API key; it drops no record."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        redacted = SECRET.sub("[key]", TOKEN.sub("[token]", message))
        if redacted != message:
            record.msg, record.args = redacted, ()
        return True
