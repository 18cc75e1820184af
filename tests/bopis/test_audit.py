"""The audit trail's chain, and what it notices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from bopis import audit
from bopis.models import AuditEntry

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def write(count: int, *, store_id: int | None = None) -> None:
    for number in range(count):
        audit.record(
            actor="user:1", action="looked", subject=f"order:{number}", at=NOON, store_id=store_id, n=number
        )


def tamper(statement: str) -> None:
    """Do what an owner of the database could: switch the trigger off and write."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bopis_auditentry DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE bopis_auditentry ENABLE TRIGGER USER")


class TestRecord:
    def test_chains_entries_of_a_store_apart_from_the_others(self):
        write(2, store_id=3)
        write(1)

        entries = AuditEntry.objects.order_by("chain", "sequence")

        assert [(entry.chain, entry.sequence) for entry in entries] == [(0, 1), (3, 1), (3, 2)]
        assert entries[2].previous_hash == entries[1].hash
        assert list(audit.find_breaks()) == []

    def test_is_undone_with_the_step_that_it_tells_of(self):
        with transaction.atomic():
            write(1)
            transaction.set_rollback(True)

        assert not AuditEntry.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_makes_one_chain_of_what_many_write_at_once(self):
        start_line = Barrier(8)

        def write_some() -> None:
            start_line.wait()
            try:
                write(5, store_id=3)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            for writer in [threads.submit(write_some) for _ in range(8)]:
                writer.result()

        assert AuditEntry.objects.filter(chain=3).count() == 40
        assert list(audit.find_breaks()) == []


class TestAuditEntry:
    @pytest.mark.parametrize(
        "change", [lambda entries: entries.update(actor="user:2"), lambda entries: entries.delete()]
    )
    def test_is_kept_as_it_is_by_the_database_itself(self, change):
        write(1)

        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change(AuditEntry.objects.all())

        assert AuditEntry.objects.get().actor == "user:1"


class TestFindBreaks:
    @pytest.mark.parametrize(
        ("statement", "sequence"),
        [
            ("UPDATE bopis_auditentry SET actor = 'user:2' WHERE sequence = 3", 3),
            ("UPDATE bopis_auditentry SET data = '{\"n\": 9}' WHERE sequence = 3", 3),
            ("UPDATE bopis_auditentry SET at = at + interval '1 s' WHERE sequence = 3", 3),
            ("UPDATE bopis_auditentry SET hash = repeat('0', 64) WHERE sequence = 3", 3),
            ("DELETE FROM bopis_auditentry WHERE sequence = 3", 4),
            ("DELETE FROM bopis_auditentry WHERE sequence = 1", 2),
            ("UPDATE bopis_auditentry SET sequence = 6 WHERE sequence = 2", 3),
        ],
    )
    def test_names_where_an_entry_was_tampered_with(self, statement, sequence):
        write(5)

        tamper(statement)

        assert sequence in [found.sequence for found in audit.find_breaks()]

    def test_notices_a_cut_off_end_by_a_head_kept_elsewhere(self):
        write(5)
        heads = tuple(audit.get_heads())

        tamper("DELETE FROM bopis_auditentry WHERE sequence = 5")

        assert list(audit.find_breaks()) == []
        assert [found.sequence for found in audit.find_breaks(heads=heads)] == [5]


class TestVerifyAudit:
    def test_prints_the_heads_and_takes_them_back(self):
        write(3)
        printed = StringIO()

        call_command("verify_audit", stdout=printed)
        call_command("verify_audit", head=[printed.getvalue().strip()], stdout=StringIO())

        assert printed.getvalue().startswith("0:3:")

    def test_fails_when_the_trail_was_tampered_with(self):
        write(3)
        tamper("UPDATE bopis_auditentry SET actor = 'user:2' WHERE sequence = 2")
        complaints = StringIO()

        with pytest.raises(CommandError):
            call_command("verify_audit", stderr=complaints)

        assert "entry 2 was changed" in complaints.getvalue()
