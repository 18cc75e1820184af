"""Years of closed orders, made by copying one in the database: rows, not work, are what is wanted."""

from collections.abc import Mapping

from django.db import connection, models, transaction

from orders.models import Handover, Order, OrderEvent, OrderLine, StockMovement, Store, Task

AGE = "make_interval(mins => 30 + n)"  # the newest is half an hour old: off the board


def copy_orders(template: Order, *, count: int) -> None:
    """
    Copy a handed-over order so often, with all its rows, over all stores; each is a minute older.

    Triggers and foreign keys are off meanwhile: a million orders would else take an hour.
    """
    first = (Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    moved = {
        "id": f"{first} + n",
        "public_id": "gen_random_uuid()",
        "number": "'G' || n",
        "store_id": "(ARRAY(SELECT id FROM orders_store ORDER BY id))[1 + n %% %(stores)s]",
        **{
            name: f"t.{name} - {AGE}"
            for name in ("placed_at", "status_changed_at", "window_start", "window_end")
        },
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        _copy(Order, "t.id = %(order)s", moved, template, count)
        for model in (OrderLine, OrderEvent, Task, Handover, StockMovement):
            own = {"order_id": f"{first} + n"}
            fields = {field.column for field in model._meta.local_concrete_fields}
            if "store_id" in fields:
                own["store_id"] = f"(SELECT store_id FROM orders_order WHERE id = {first} + n)"  # noqa: S608
            own |= {name: f"t.{name} - {AGE}" for name in ("occurred_at", "at") if name in fields}
            _copy(model, "t.order_id = %(order)s", own, template, count)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('orders_order', 'id'), max(id)) FROM orders_order"
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would have by the time there are so many


def _copy(
    model: type[models.Model], where: str, changed: Mapping[str, str], template: Order, count: int
) -> None:
    meta = model._meta
    columns = [
        field.column
        for field in meta.local_concrete_fields
        if field.column and (not field.primary_key or "id" in changed)
    ]
    selected = [changed.get(column, f"t.{column}") for column in columns]
    statement = (
        f"INSERT INTO {meta.db_table} ({', '.join(columns)}) SELECT {', '.join(selected)} "  # noqa: S608
        f"FROM {meta.db_table} AS t CROSS JOIN generate_series(1, %(count)s) AS n WHERE {where}"
    )
    with connection.cursor() as cursor:
        values = {"order": template.pk, "count": count, "stores": Store.objects.count()}
        cursor.execute(statement, values)
