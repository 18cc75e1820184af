"""The doors as devices and pages find them."""

import json
from typing import Any

import httpx
from asgiref.sync import async_to_sync

from bopis import privacy, valkey
from geofence.pings import application
from orders.models import Order
from tests.geofence.tracks import NOW, place


def get_token(order: Order) -> str:
    return privacy.sign_token(order.public_id, purpose="track")


def ping(x: float, y: float, *, at=NOW, accuracy_m: float = 8) -> dict[str, Any]:
    """One position as a phone sends it."""
    where = place(x, y)
    return {
        "latitude": where.latitude,
        "longitude": where.longitude,
        "accuracy_m": accuracy_m,
        "at": at.isoformat(),
    }


def post(token: str, body: object, **request: Any) -> httpx.Response:
    """POST /pings/{token}; the body as JSON unless it is bytes."""
    return post_all(token, [body], **request)[0]


def post_all(token: str, bodies: list[object], **request: Any) -> list[httpx.Response]:
    """Post one after the other over one connection."""

    async def scenario() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]  # as servers send it
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers = [
                await client.request(content=encode(body), url=f"/pings/{token}", **sent) for body in bodies
            ]
        await valkey.async_client().aclose()
        return answers

    sent: dict[str, Any] = {"method": "POST", "headers": {"Content-Type": "application/json"}} | request
    return async_to_sync(scenario)()


def encode(body: object) -> bytes:
    """The body of a request."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
