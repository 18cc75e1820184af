"""The database itself refuses a picked-up order without a handover."""

from typing import ClassVar

from django.db import migrations

# Deferred to the commit: within one transaction either row may be written first.
CREATE = """
CREATE FUNCTION orders_require_handover() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM orders_order WHERE id = NEW.id AND status = 'PICKED_UP')
       AND NOT EXISTS (
           SELECT 1 FROM orders_handover WHERE order_id = NEW.id AND voided_at IS NULL
       )
    THEN
        RAISE EXCEPTION 'order % is picked up without a handover', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_picked_up_has_handover';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_picked_up_has_handover
    AFTER INSERT OR UPDATE OF status ON orders_order
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'PICKED_UP')
    EXECUTE FUNCTION orders_require_handover();
"""
DROP = """
DROP TRIGGER order_picked_up_has_handover ON orders_order;
DROP FUNCTION orders_require_handover();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0001_initial")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [migrations.RunSQL(CREATE, DROP)]
