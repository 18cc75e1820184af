"""A real server, real browsers, and pages that must not complain."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from playwright.sync_api import expect as playwright_expect
from playwright.sync_api import sync_playwright

from bopis.privacy import sign_token
from orders.models import Order, Store
from tests import world
from tests.faces.remote import BrowserThread

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("BOPIS_CHROMIUM", "/usr/bin/chromium")
PATIENCE_MS = 15_000  # the servers of a busy machine; an expectation that holds returns at once

# Said by the browser, not by the page: an answer 4xx is what many of these tests are about.
EXPECTED = ("Failed to load resource: the server responded with a status of 4",)

Expect = Callable[[Any], Any]


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    """A real ASGI server of the project on the tests' own database; returns its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    database, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = os.environ | {
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        "BOPIS_LOG_LEVEL": "WARNING",
    }
    # The socket listens already: a browser that comes early waits in its queue, nobody has to poll.
    command = [sys.executable, "-m", "uvicorn", "bopis.asgi:application", "--fd", str(listener.fileno())]
    process = subprocess.Popen(
        [*command, "--no-access-log"], cwd=PROJECT, env=environment, pass_fds=[listener.fileno()]
    )
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser_thread() -> Iterator[BrowserThread]:
    thread = BrowserThread()
    yield thread
    thread.close()


@pytest.fixture(scope="session")
def chromium(browser_thread: BrowserThread) -> Iterator[Any]:
    """One headless Chromium for all tests; each page gets a profile of its own."""
    driver = browser_thread.call(lambda: sync_playwright().start())
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()
    driver.stop()


@pytest.fixture(scope="session")
def expect(browser_thread: BrowserThread) -> Expect:
    """Playwright's expectations: they hold now, or become true soon, or the test fails."""
    playwright_expect.set_options(timeout=PATIENCE_MS)
    return lambda subject: browser_thread.call(playwright_expect, subject)


@pytest.fixture
def open_page(chromium: Any, server: str) -> Iterator[Callable[..., Any]]:
    """
    Open an address in a fresh profile; at the end no page may have complained.

    A complaint is an error of a script, a breach of the content security policy,
    or a warning of the browser.
    """
    contexts, complaints = [], []

    def hear(message: Any) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            complaints.append(f"{message.type}: {message.text}")

    def open_page(path: str, *, cookie: str = "", size: tuple[int, int] = (1280, 800), **options: Any) -> Any:
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, base_url=server, **options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if cookie:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server}])
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_board(open_page: Callable[..., Any], expect: Expect) -> Callable[..., Any]:
    """Open a store's board as one of its associates, and wait until it is live."""

    def open_board(user: User, store: Store, *, query: str = "", **options: Any) -> Any:
        page = open_page(f"/board/{store.code}/{query}", cookie=sign_in(user), **options)
        expect(page.locator("body")).to_have_attribute("data-net", "live")
        return page

    return open_board


@pytest.fixture
def open_track(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open a customer's page."""
    return lambda order, **options: open_page(track_path(order), **options)


@pytest.fixture
def store(transactional_db: None) -> Store:
    """The store, visible to the server's process: its rows are committed."""
    return world.make_store()


def sign_in(user: User) -> str:
    """Return the cookie of a session of this associate."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def track_path(order: Order) -> str:
    """Return the address of the customer's page."""
    return f"/t/{sign_token(order.public_id, purpose='track')}/"
