"""The ASGI door as production runs it: one real server process, asked from outside."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 90
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(process_environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bopis.asgi:application",
        "--port",
        str(port),
        "--lifespan",
        "off",
    ]
    server = subprocess.Popen(
        command, cwd=PROJECT, env=process_environment, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", server)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        _, said = server.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
    assert "Warning" not in said


def _wait_for(url: str, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not come up")


def test_serves_pages_files_api_pings_and_sockets_to_whom_they_belong(address):
    with httpx.Client(base_url=f"http://{address}", timeout=30) as http:
        assert http.get("/readyz").json() == {"database": True, "valkey": True}
        assert http.get("/sign-in/").status_code == 200
        assert http.get("/static/look/tokens.css").headers["content-type"].startswith("text/css")
        assert http.get("/api/v1/nothing/").json()["code"] == "not-found"
        assert http.post("/pings/nobody", json={}).json()["code"] == "invalid-token"

    # A page of another site may open a socket to us, with our cookies: its origin gives it away.
    for origin in ("https://evil.example", "null", None):
        with pytest.raises(InvalidStatus) as refusal:
            connect(f"ws://{address}/ws/board/lyon-est/", origin=origin)  # type: ignore[arg-type]
        assert refusal.value.response.status_code == 403
