"""Mail servers on loopback that behave and misbehave, workers that run at once, brokers that are down."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock

import pytest
from aiosmtpd.controller import Controller
from celery import Celery
from celery._state import get_current_app

from bopis import valkey


class MailServer:
    """
    An aiosmtpd handler that keeps what it accepts.

    :ivar answers: SMTP command to the answer given instead of "250".
    :ivar hangs_up_after_data: take the mail, then drop the connection without a word.
    :ivar hangs_on_data: take the mail and never answer.
    :ivar chatters_on_quit: answer the farewell with more than SMTP allows.
    """

    def __init__(self):
        self.answers = {}
        self.hangs_up_after_data = False
        self.hangs_on_data = False
        self.chatters_on_quit = False
        self.received = []
        self.tries = 0
        self._lock = Lock()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        with self._lock:
            self.tries += 1
        if self.hangs_on_data:
            await asyncio.Event().wait()
        if "DATA" in self.answers:
            return self.answers["DATA"]
        with self._lock:
            self.received.append(envelope)
        if self.hangs_up_after_data:
            server.transport.abort()
        return "250 2.0.0 OK"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return "221 Bye" + "!" * (10_000 if self.chatters_on_quit else 0)

    def get_mail(self) -> EmailMessage:
        """The one mail that was accepted, parsed."""
        [envelope] = self.received
        return message_from_bytes(envelope.content, policy=policy.default)


def get_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    return get_free_port()


@pytest.fixture
def use_smtp(settings):
    """Points Django's mail settings at a port of this machine, as a deployment would."""

    def use(port: int, timeout_s: float = 5) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, timeout_s
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "Lyon Est <pickup@shop.example>"

    return use


@pytest.fixture
def mail_server(use_smtp) -> Iterator[MailServer]:
    handler = MailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=get_free_port())
    controller.start()
    use_smtp(controller.port)
    yield handler
    controller.stop()


@pytest.fixture
def silent_server(use_smtp) -> Iterator[None]:
    """Accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        use_smtp(listener.getsockname()[1], timeout_s=0.2)
        yield


@pytest.fixture
def valkey_down(settings) -> Iterator[None]:
    settings.REDIS_URL = f"redis://127.0.0.1:{get_free_port()}/0"
    valkey.client.cache_clear()
    yield
    valkey.client.cache_clear()


@contextmanager
def _celery(app: Celery) -> Iterator[None]:
    ours = get_current_app()
    app.set_current()
    try:
        yield
    finally:
        ours.set_current()
        with suppress(OSError):
            app.close()


@pytest.fixture
def worker() -> Iterator[None]:
    """Tasks run where they are sent, as if a worker had taken them at once."""
    with _celery(Celery("eager", task_always_eager=True, task_eager_propagates=True, set_as_current=False)):
        yield


@pytest.fixture
def broker_down() -> Iterator[None]:
    app = Celery("down", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")  # the product's own patience
    app.conf.update(broker_url=f"redis://127.0.0.1:{get_free_port()}/0")
    with _celery(app):
        yield
