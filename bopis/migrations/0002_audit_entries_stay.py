"""The database itself refuses to change or delete an audit entry."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION bopis_audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER bopis_audit_entries_stay BEFORE UPDATE OR DELETE ON bopis_auditentry
    FOR EACH ROW EXECUTE FUNCTION bopis_audit_entries_stay();
"""
BACKWARD = """
DROP TRIGGER bopis_audit_entries_stay ON bopis_auditentry;
DROP FUNCTION bopis_audit_entries_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("bopis", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
