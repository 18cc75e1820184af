"""The whole board at one moment: what a browser gets first, and checks itself against."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from orders import board, queries
from orders.models import StaffMember, Store, Task


def get_snapshot(store: Store, user: User, *, at: datetime) -> dict[str, Any]:
    """Return the store's board as `user` sees it."""
    midnight = at.astimezone(ZoneInfo(store.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "now": at.isoformat(),
        "store": {
            "code": store.code,
            "name": store.name,
            "time_zone": store.time_zone,
            "spots": list(
                store.spots.filter(is_active=True).order_by("number", "pk").values("number", "kind")
            ),
        },
        "me": board.get_person(user) | {"role": _get_role(store, user)},
        "crew": _get_crew(store),
        "cards": board.get_cards(store_id=store.pk, at=at),
        "later": board.get_later(at + queries.SHOWN_AHEAD, store_id=store.pk),
        "done_count": queries.count_done(store_id=store.pk, since=midnight),
    }


def get_revisions(store: Store, *, at: datetime) -> dict[str, int]:
    """Return the revision of every card on the board: two columns of one query."""
    orders = queries.get_board_orders(store_id=store.pk, at=at).prefetch_related(None).select_related(None)
    return {str(public_id): revision for public_id, revision in orders.values_list("public_id", "revision")}


def _get_role(store: Store, user: User) -> str:
    return StaffMember.objects.get(store=store, user=user).role


def _get_crew(store: Store) -> list[dict[str, Any]]:
    """Who works here, and what they have in hand now."""
    doing = {
        task.associate_id: task
        for task in Task.objects.filter(store=store, status=Task.Status.IN_PROGRESS)
        .select_related("order")
        .order_by("started_at", "pk")
    }
    members = StaffMember.objects.filter(store=store, user__is_active=True).select_related("user")
    return [
        board.get_person(member.user) | {"doing": _describe(doing.get(member.user_id))}
        for member in members.order_by("user__first_name", "pk")
    ]


def _describe(task: Task | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {"kind": task.kind, "code": task.order.code if task.order else None, "visit": task.visit_id}
