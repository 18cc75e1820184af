"""The manager's pages of reports: a store's day in figures and charts, and the same as CSV."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bopis import clock
from orders import charts, kpis, permissions
from orders.models import Store
from orders.permissions import NeedsManagerError

WAIT_GOAL_S = 240  # 90 % wait no longer
NOTHING = "\N{EN DASH}"
TITLES = {
    "orders": _("Orders"),
    "wait_median_s": _("Wait, median"),
    "wait_p90_s": _("Wait, 90 %"),
    "time_to_ready_median_s": _("Time to ready"),
    "pick_time_median_s": _("Packing"),
    "ready_on_time": _("Ready on time"),
    "short_rate": _("Short"),
    "fill_rate": _("Filled"),
    "no_show": _("Not collected"),
    "signals": _("Seen by"),
}
SIGNALS = {
    "PLATE": _("plate"),
    "CROSSING": _("position"),
    "TAP": _("tap"),
    "BAY_CODE": _("bay code"),
    "ASSOCIATE": _("associate"),
    "NONE": _("nothing"),
}


@require_safe
@login_required
def report(request: HttpRequest, store_code: str) -> HttpResponse:
    """Show a store's day: ?day=2026-11-20, without it today. 404 for other stores, 403 for associates."""
    store = _get_store(request, store_code)
    today = clock.now().astimezone(ZoneInfo(store.time_zone)).date()
    day = _read_day(request, today)
    figures = kpis.get_day(store, day)
    return render(request, "report.html", _describe(store, day, today, figures))


@require_safe
@login_required
def report_csv(request: HttpRequest, store_code: str) -> HttpResponse:
    """Send the same figures as a file, with their definitions."""
    store = _get_store(request, store_code)
    day = _read_day(request, clock.now().astimezone(ZoneInfo(store.time_zone)).date())
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{store.code}-{day.isoformat()}.csv"'
    kpis.write_csv(kpis.get_day(store, day), response)
    return response


def _get_store(request: HttpRequest, code: str) -> Store:
    store = Store.objects.filter(code=code).first()
    if store is None or not permissions.works_at(request.user, store.pk):
        raise Http404("no such store")
    assert isinstance(request.user, User)
    try:
        permissions.require_manager(request.user, store.pk)
    except NeedsManagerError as error:
        raise PermissionDenied(error.detail) from error
    return store


def _read_day(request: HttpRequest, today: date) -> date:
    try:
        day = date.fromisoformat(request.GET.get("day", "")) if "day" in request.GET else today
    except ValueError:
        raise Http404("no such day") from None
    if not date(2000, 1, 1) <= day <= today + timedelta(days=1):
        raise Http404("no such day")
    return day


def _describe(store: Store, day: date, today: date, figures: kpis.Day) -> dict[str, Any]:
    return {
        "store": store,
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "total": [(title, _show(name, getattr(figures.total, name))) for name, title in TITLES.items()],
        "titles": list(TITLES.values()),
        "rows": [
            (hour.hour, [_show(name, getattr(hour, name)) for name in TITLES]) for hour in figures.hours
        ],
        "charts": [
            _chart(figures, "orders"),
            _chart(figures, "wait_p90_s", goal=WAIT_GOAL_S),
            _chart(figures, "ready_on_time", top=1),
            _chart(figures, "short_rate"),
        ],
        "definitions": [(TITLES[name], kpis.DEFINITIONS[name]) for name in TITLES],
    }


def _chart(figures: kpis.Day, name: str, **scale: float) -> dict[str, Any]:
    marks = [
        charts.Mark(f"{row.hour:%H}", getattr(row, name), _show(name, getattr(row, name)))
        for row in figures.hours
    ]
    return {"title": TITLES[name], "bars": charts.draw_bars(marks, **scale)}


def _show(name: str, value: Any) -> str:
    """Return a figure as the page says it: 1:48, 97.5 %, or a dash where there is none."""
    if value is None or value == {}:
        return NOTHING
    if name == "signals":
        return ", ".join(f"{SIGNALS.get(kind, kind)} {count}" for kind, count in value.items())
    if name.endswith("_s"):
        minutes, seconds = divmod(value, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    if isinstance(value, float):
        return gettext("%(share)s %%") % {"share": number_format(value * 100, 1)}
    return str(value)
