"""Inserting what may be there already: one statement that says which of many at once came first."""

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.constants import OnConflict
from django.db.models.sql.subqueries import InsertQuery


def insert_once(row: models.Model) -> bool:
    """
    Insert the row and set its key, and return whether it was new; False: a unique key has it already.

    It waits for an uncommitted rival, and inserts if that one rolls back. `bulk_create` with
    `ignore_conflicts` tells neither the key nor whether it was new, so that the row would be read
    again; `save` would need a savepoint. Both cost round trips on the way of every order.
    """
    meta = type(row)._meta  # noqa: SLF001  # public by Django's word
    query = InsertQuery(type(row), on_conflict=OnConflict.IGNORE)
    query.insert_values([field for field in meta.local_concrete_fields if not field.primary_key], [row])
    [found] = query.get_compiler(DEFAULT_DB_ALIAS).execute_sql(returning_fields=[meta.pk])
    if found is None:
        return False
    [row.pk] = found
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  # as Django's bulk_create
    return True
