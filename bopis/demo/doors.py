"""HTTP doors as their users hold them: the shop's software, an associate's browser, a customer's phone."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

TIMEOUT_S = 20
Json = dict[str, Any]


class RefusedError(Exception):
    """A door answered with a problem document; `code` is its stable code."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.body: Json = _read_problem(response)
        self.code = str(self.body.get("code", ""))
        super().__init__(f"{response.request.method} {response.url.path}: {self.status} {self.code}")


class Door:
    """One caller's connection to the web server; each thread needs its own."""

    def __init__(self, base_url: str, headers: Mapping[str, str] | None = None) -> None:
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """
        Return the answer's JSON, None if it is empty.

        :raises RefusedError: for any answer that is not a success.
        """
        response = self.http.request(method, path, json=body, headers=headers)
        if not response.is_success:
            raise RefusedError(response)
        return response.json() if response.content else None


class Shop(Door):
    """The retailer's software, with its API key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        super().__init__(base_url, {"Authorization": f"Bearer {api_key}"})

    def place(self, order: Json) -> Json:
        """
        Place an order and return it as accepted, with pickup code and tracking link.

        :raises RefusedError: "out-of-stock", "unknown-sku" ...
        """
        placed: Json = self.ask("POST", "/api/v1/orders/", order, {"Idempotency-Key": str(uuid.uuid4())})
        return placed

    def get(self, order_id: str) -> Json:
        """Return an order."""
        order: Json = self.ask("GET", f"/api/v1/orders/{order_id}/")
        return order

    def set_stock(self, store: str, sku: str, on_hand: int) -> Json:
        """Say how many units stand in the shop; return the level with what is reserved of it."""
        level: Json = self.ask("PUT", f"/api/v1/stores/{store}/stock/{sku}/", {"on_hand": on_hand})
        return level


class Browser(Door):
    """An associate's browser: signs in at the page, then acts by session and CSRF token."""

    def sign_in(self, username: str, password: str) -> None:
        """
        Sign in as everybody does.

        :raises RefusedError: if name and password do not fit.
        """
        self.http.get("/sign-in/")
        answer = self.http.post(
            "/sign-in/",
            data={"username": username, "password": password, "csrfmiddlewaretoken": self._token()},
            headers={"Referer": str(self.http.base_url)},
        )
        if not answer.is_redirect:
            raise RefusedError(answer)

    def get_cookies(self) -> str:
        """Return the Cookie header, which the websocket needs as well."""
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    def act(self, path: str, body: Json | None = None) -> Any:
        """
        Press a button: POST to the API.

        :raises RefusedError: "task-taken", "not-ready", "wrong-pickup-code" ...
        """
        headers = {"X-CSRFToken": self._token(), "Referer": str(self.http.base_url)}
        return self.ask("POST", f"/api/v1/{path}", body or {}, headers)

    def start(self, task_id: int) -> Json:
        """Take a task."""
        task: Json = self.act(f"tasks/{task_id}/start/")
        return task

    def finish(self, task_id: int, place: str, bags: int = 1) -> Json:
        """Say that everything of a wave is packed and stands in `place`."""
        task: Json = self.act(f"tasks/{task_id}/finish/", {"place": place, "bags": bags, "all": True})
        return task

    def hand_over(self, order_id: str, code: str) -> Json:
        """Hand an order over to who says the code; the answer has `wait_s`."""
        handover: Json = self.act(f"orders/{order_id}/hand-over/", {"code": code})
        return handover

    def _token(self) -> str:
        return self.http.cookies.get("csrftoken", default="") or ""


class Phone(Door):
    """A customer's phone on the tracking page; the token in its link is all it has."""

    def __init__(self, base_url: str, token: str) -> None:
        super().__init__(base_url)
        self.token = token

    def get_state(self) -> Json:
        """Return what the page shows."""
        state: Json = self.ask("GET", f"/api/v1/track/{self.token}/")
        return state

    def say_on_my_way(self, minutes: int | None = None) -> None:
        """Press "I'm on my way"."""
        self.ask("POST", f"/api/v1/track/{self.token}/on-my-way/", {"minutes": minutes})

    def share(self) -> None:
        """Agree to share the position."""
        self.ask("POST", f"/api/v1/track/{self.token}/sharing/", {"share": True})

    def ping(
        self, latitude: float, longitude: float, accuracy_m: float, *, at: datetime | None = None
    ) -> None:
        """Report a position, by default the present one."""
        body = {
            "latitude": latitude,
            "longitude": longitude,
            "accuracy_m": accuracy_m,
            "at": (at or datetime.now(UTC)).isoformat(),
        }
        self.ask("POST", f"/pings/{self.token}", body)

    def say_here(self, spot: str | None) -> None:
        """Press "I'm here", in a bay or without naming one."""
        self.ask("POST", f"/api/v1/track/{self.token}/here/", {"spot": spot})


def get_token(tracking_url: str) -> str:
    """Return the token of a tracking link."""
    return tracking_url.rstrip("/").rpartition("/")[2]


def _read_problem(response: httpx.Response) -> Json:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
