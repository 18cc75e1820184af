"""What an associate's board calls: signed in, bound to their stores."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.models import ApiKey
from orders import queries, reports, sheets
from orders.api import fields
from orders.api.fields import read
from orders.models import Order, Store, Task
from orders.permissions import StoreNotFoundError, get_store_for_key, is_pharmacist, require_associate
from orders.services import handover, packing, steps, undoing, visits
from orders.snapshot import get_snapshot


class BoardView(APIView):
    """
    GET /api/v1/stores/{code}/board/ -> 200 the board's snapshot, as on its websocket.
    """

    def get(self, request: Request, code: str) -> Response:
        store = Store.objects.filter(code=code).first()
        if store is None:
            raise StoreNotFoundError("no such store")
        user = require_associate(request.user, store.pk)
        return Response(get_snapshot(store, user, at=clock.now()))


class TaskView(APIView):
    """
    GET /api/v1/tasks/{id}/ -> 200 the packing sheet: the task, its order, its lines by aisle.
    """

    Output = fields.SheetOutput

    def get(self, request: Request, task_id: int) -> Response:
        task, user = authorize(request, task_id)
        sees = {"sees_prescriptions": is_pharmacist(user.pk, task.store_id)}
        lines = fields.SheetLineOutput(sheets.get_lines_by_aisle(task), many=True, context=sees).data
        return Response(
            {"task": fields.TaskOutput(task).data, "order": sheets.get_head(task), "lines": lines}
        )


class StartView(APIView):
    """
    POST /api/v1/tasks/{id}/start/ -> 200 task | 409 "task-taken" naming who has it.
    """

    Output = fields.TaskOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        task = packing.start(task_id=task_id, associate_id=user.pk, at=clock.now())
        return Response(self.Output(task).data)


class ReleaseView(APIView):
    """
    POST /api/v1/tasks/{id}/release/ -> 200 task, back in the queue.
    """

    Output = fields.TaskOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        task = packing.release(task_id=task_id, associate_id=user.pk, at=clock.now())
        return Response(self.Output(task).data)


class PickView(APIView):
    """
    POST /api/v1/tasks/{id}/pick/ {"line", "quantity"} -> 200 line; less than ordered splits it.
    """

    Input = fields.PickInput
    Output = fields.SheetLineOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        body = read(self.Input, request.data)
        line = packing.pick(
            task_id=task_id,
            line_id=body["line"],
            quantity=body["quantity"],
            associate_id=user.pk,
            at=clock.now(),
        )
        return Response(self.Output(line).data)


class PackView(APIView):
    """
    POST /api/v1/tasks/{id}/pack/ {"line"} -> 200 line.
    """

    Input = fields.LineInput
    Output = fields.SheetLineOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        line_id = _read_line(request)
        line = packing.pack(task_id=task_id, line_id=line_id, associate_id=user.pk, at=clock.now())
        return Response(self.Output(line).data)


class ShortView(APIView):
    """
    POST /api/v1/tasks/{id}/short/ {"line"} -> 200 line, its stock released and its price taken off.
    """

    Input = fields.LineInput
    Output = fields.SheetLineOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        line_id = _read_line(request)
        line = packing.mark_short(task_id=task_id, line_id=line_id, associate_id=user.pk, at=clock.now())
        return Response(self.Output(line).data)


class FinishView(APIView):
    """
    POST /api/v1/tasks/{id}/finish/ {"place", "bags", "all"} -> 200 task: its goods are staged.
    """

    Input = fields.FinishInput
    Output = fields.TaskOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        body = read(self.Input, request.data)
        task = packing.finish(
            task_id=task_id,
            associate_id=user.pk,
            place=body["place"],
            bags=body["bags"],
            all_packed=body["all"],
            at=clock.now(),
        )
        return Response(self.Output(task).data)


class FreshWaveView(APIView):
    """
    POST /api/v1/orders/{id}/fresh-wave/ -> 200 task | 204: an associate starts it by hand.
    """

    Output = fields.TaskOutput

    def post(self, request: Request, public_id: UUID) -> Response:
        order, _ = authorize_order(request, public_id)
        now = clock.now()
        task = visits.release_fresh_wave(order_id=order.pk, trigger="ASSOCIATE", due_at=now, at=now)
        return Response(status=204) if task is None else Response(self.Output(task).data)


class HandOverView(APIView):
    """
    POST /api/v1/orders/{id}/hand-over/ {"code"} or {"override_reason"}, "lines"? -> 200 handover.

    With `lines` just those are given; the rest is for another visit.
    422 "wrong-pickup-code" with the tries left; 423 "pickup-code-locked" after five.
    """

    Input = fields.HandOverInput
    Output = fields.HandoverOutput

    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        body = read(self.Input, request.data)
        done = handover.hand_over(order_id=order.pk, associate_id=user.pk, at=clock.now(), **body)
        return Response(self.Output(done).data)


class UndoHandOverView(APIView):
    """
    POST /api/v1/orders/{id}/undo-hand-over/ -> 204, within ten seconds by the same associate.
    """

    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        undoing.undo(order_id=order.pk, associate_id=user.pk, at=clock.now())
        return Response(status=204)


class PickupsView(APIView):
    """
    GET /api/v1/stores/{code}/pickups.csv?since=&until= -> 200 the store's pickup records.

    For its associates, and for API keys that may read orders there; a day when no times are given.
    """

    def get(self, request: Request, code: str) -> HttpResponse:
        store_id = _get_store_id(request, code)
        period = read(fields.PeriodInput, request.query_params)
        until = period["until"] or clock.now()
        since = period["since"] or until - timedelta(days=1)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        reports.write_csv(reports.get_pickups(store_id=store_id, since=since, until=until), response)
        return response


def _get_store_id(request: Request, code: str) -> int:
    if isinstance(request.auth, ApiKey) and request.auth.allows("orders:read"):
        return get_store_for_key(request.auth, code).pk
    store = Store.objects.filter(code=code).first()
    if store is None:
        raise StoreNotFoundError("no such store")
    require_associate(request.user, store.pk)
    return store.pk


def authorize(request: Request, task_id: int) -> tuple[Task, User]:
    """
    Return the task and the associate.

    :raises TaskNotFoundError: if there is none at a store of theirs: one answer for both.
    """
    task = steps.get_task(task_id)
    try:
        return task, require_associate(request.user, task.store_id)
    except StoreNotFoundError:
        raise steps.TaskNotFoundError(f"no task {task_id}") from None


def authorize_order(request: Request, public_id: UUID) -> tuple[Order, User]:
    """
    Return the order and the associate.

    :raises OrderNotFoundError: if there is none at a store of theirs: one answer for both.
    """
    order = queries.get_order(str(public_id), store_ids=None)
    try:
        return order, require_associate(request.user, order.store_id)
    except StoreNotFoundError:
        raise queries.OrderNotFoundError("no such order") from None


def _read_line(request: Request) -> int:
    line: int = read(fields.LineInput, request.data)["line"]
    return line
