"""What the customer's page says at one moment, made from the tracking state. Pure but for the words."""

from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.tracking import DelegateState, TrackState

LATE_AFTER_S = 240  # waiting longer: the page says sorry, and offers the telephone
ROAD_MIN = 24  # the road shows the last 24 minutes of the way
MINUTES = (5, 10, 15, 20)

STEPS = {
    "confirmed": _("Confirmed"),
    "preparing": _("Getting it ready"),
    "ready": _("Ready"),
    "on_the_way": _("On your way"),
    "seen": _("We see you"),
    "coming_out": _("Coming out"),
    "done": _("Done"),
}
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
WITHOUT_MINOR = frozenset({"JPY", "KRW", "ISK", "HUF"})


def describe(state: TrackState, *, at: datetime) -> dict[str, Any]:
    """Return the template's values; texts are in the active language, times in the active zone."""
    promise_at, arrived_at = datetime.fromisoformat(state["promise_at"]), _read(state["arrived_at"])
    waited_s = (at - arrived_at).total_seconds() if arrived_at else 0
    return {
        "state": state,
        "moment": state["moment"],
        "promise_at": promise_at,
        "is_past_promise": at > promise_at,
        "picked_up_at": _read(state["picked_up_at"]),
        "is_ready": state["status"] == "READY",
        # Past the promised time only the cold goods are missing: they wait for the customer, on purpose.
        "fresh_comes": at > promise_at and state["fresh_waits"] and state["packer"] is None,
        "is_late": waited_s > LATE_AFTER_S and state["moment"] == "here",
        "eta": _describe_eta(state["eta"], at),
        "steps": _describe_steps(state),
        "total": format_money(state["total_minor"], state["currency"]),
        "minutes": MINUTES,
        "sign_size": {1: "", 2: "two"}.get(len(state["spot"] or "P"), "three"),
        "phone": _get_digits(state["store"]["phone"]),
    }


def describe_for_delegate(state: DelegateState) -> dict[str, Any]:
    """Return the values of the page of somebody whom the customer sends."""
    headlines = {
        "PLACED": STEPS["confirmed"],
        "PREPARING": STEPS["preparing"],
        "READY": STEPS["ready"],
        "PICKED_UP": STEPS["done"],
        "CANCELED": _("This order is canceled"),
        "EXPIRED": _("This order has expired"),
    }
    return {
        "state": state,
        "headline": headlines[state["status"]],
        "phone": _get_digits(state["store"]["phone"]),
    }


def format_money(minor: int, currency: str) -> str:
    """Return an amount of minor units as the active language writes it: "38,42 €"."""
    decimals = 0 if currency in WITHOUT_MINOR else 2
    amount = number_format(minor / 10**decimals, decimals, force_grouping=True)
    return f"{amount}\N{NO-BREAK SPACE}{SYMBOLS.get(currency, currency)}"


def _describe_eta(eta: dict[str, str] | None, at: datetime) -> dict[str, Any] | None:
    if eta is None:
        return None
    low, high = (
        max(0.0, (datetime.fromisoformat(eta[end]) - at).total_seconds() / 60) for end in ("low", "high")
    )
    left, right = (round(100 - min(minutes, ROAD_MIN) / ROAD_MIN * 100) for minutes in (high, low))
    about = max(1, round((low + high) / 2))
    band = f"{int(low)}\N{EN DASH}{int(high + 0.99)}" if int(low) < int(high + 0.99) else str(int(low))
    return {"about": about, "band": band, "left": left, "width": max(4, right - left), "is_now": high < 1}


def _describe_steps(state: TrackState) -> list[dict[str, Any]]:
    keys = [step["key"] for step in state["steps"]]
    current = next((at for at, step in enumerate(state["steps"]) if step["current"]), len(keys))
    return [
        {
            "label": STEPS[step["key"]],
            "at": _read(step["at"]),
            "note": step["note"] and gettext("%(name)s is packing") % {"name": step["note"]},
            "is_current": step["current"],
            "is_past": number < current,
            "is_promised": step["key"] == "ready" and step["at"] is None and not state["fresh_waits"],
        }
        for number, step in enumerate(state["steps"])
    ]


def _read(moment: str | None) -> datetime | None:
    return datetime.fromisoformat(moment) if moment else None


def _get_digits(phone: str) -> str:
    return "".join(character for character in phone if character in "+0123456789")
