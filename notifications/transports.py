"""The ways out: each sends one message, or says whether another try could help."""

import smtplib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email

from bopis.privacy import keyed_hash
from notifications.kinds import Kind
from notifications.models import Channel, Message
from notifications.rendering import render

_PRINTS_MAIL = "django.core.mail.backends.console.EmailBackend"
SMTP_TIMEOUT_S = 10  # for each answer of the server, where EMAIL_TIMEOUT names no other


class TransportError(Exception):
    """
    The message was not sent, as far as we know.

    Its text never holds a provider's own words: those often repeat the address.

    :ivar permanent: another try would fail as this one did.
    :ivar is_channel_down: the provider itself is the trouble, so other messages need not try now.
    """

    def __init__(self, reason: str, *, permanent: bool = False, is_channel_down: bool = False) -> None:
        """Keep the reason and what follows from it."""
        super().__init__(reason)
        self.permanent = permanent
        self.is_channel_down = is_channel_down


def send(message: Message) -> str:
    """
    Send a message over its channel and return the provider's id for it.

    :raises TransportError: if it was not sent, or if no one can say.
    """
    channel = Channel(message.channel)
    if channel == Channel.EMAIL and settings.EMAIL_BACKEND == _PRINTS_MAIL:
        channel = Channel.CONSOLE  # development without a mail server: no address and no code in its logs
    return _TRANSPORTS[channel](message)


def get_message_id(message: Message) -> str:
    """
    Return the e-mail's Message-ID: the same at every try, so that a mail system that got the text
    twice (its answer was lost) can show it once.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{keyed_hash(message.dedupe_key, purpose='message-id')[:32]}@{domain}>"


def _send_to_console(message: Message) -> str:
    code = message.get_values()["order_code"]
    sys.stdout.write(f"message {message.kind} order {code} language {message.language}\n")
    sys.stdout.flush()
    return ""


def _send_email(message: Message) -> str:
    try:
        validate_email(message.address)
    except ValidationError as error:
        raise TransportError("not an e-mail address", permanent=True) from error
    email = _make_email(message)
    connection = get_connection(timeout=settings.EMAIL_TIMEOUT or SMTP_TIMEOUT_S)
    try:
        with _telling_what_failed():
            _open(connection)
            connection.send_messages([email])
    finally:
        # The message is sent once DATA was answered: a failing farewell must not send it again.
        with suppress(OSError):
            connection.close()
    return get_message_id(message)


def _make_email(message: Message) -> EmailMultiAlternatives:
    rendered = render(kind=Kind(message.kind), language=message.language, values=message.get_values())
    email = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        to=[message.address],
        headers={
            "Message-ID": get_message_id(message),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers, please
            "Content-Language": message.language,
        },
    )
    email.attach_alternative(rendered.html, "text/html")
    return email


def _open(connection: BaseEmailBackend) -> None:
    try:
        connection.open()
    except OSError as error:  # refused, unknown, timed out, TLS, and every smtplib error
        raise TransportError(f"no connection: {type(error).__name__}", is_channel_down=True) from error


@contextmanager
def _telling_what_failed() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal("recipient", *next(iter(error.recipients.values()))) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(type(error).__name__, error.smtp_code, error.smtp_error) from error
    except OSError as error:
        # smtplib turns a timeout into "disconnected". One lost connection may be this message's
        # fault; a server too slow to answer would keep every worker waiting.
        is_slow = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        raise TransportError(
            "no answer in time" if is_slow else f"connection lost: {type(error).__name__}",
            is_channel_down=is_slow,
        ) from error
    except ValueError as error:
        raise TransportError("not an address that SMTP can carry", permanent=True) from error


def _refusal(what: str, code: int, answer: bytes | str) -> TransportError:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return TransportError(f"{what} refused: {code} {_get_status(words)}".rstrip(), permanent=code >= 500)


def _get_status(answer: str) -> str:
    """Return the enhanced status code of RFC 3463 ("5.1.1"), which says why without naming whom."""
    first = answer.split(maxsplit=1)[0] if answer.split() else ""
    return first if first.replace(".", "").isdigit() and first.count(".") == 2 else ""


_TRANSPORTS: Mapping[Channel, Callable[[Message], str]] = {
    Channel.EMAIL: _send_email,
    Channel.CONSOLE: _send_to_console,
}
