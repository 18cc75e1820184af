"""Every change of a stock level carries its transaction's number: the cursor of the stock feed."""

from typing import ClassVar

from django.db import migrations

CREATE = """
CREATE FUNCTION orders_note_stock_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_change BEFORE INSERT OR UPDATE ON orders_stocklevel
    FOR EACH ROW EXECUTE FUNCTION orders_note_stock_change();
UPDATE orders_stocklevel SET changed_in = 0;
"""
DROP = """
DROP TRIGGER stock_change ON orders_stocklevel;
DROP FUNCTION orders_note_stock_change();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("orders", "0004_order_system")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [migrations.RunSQL(CREATE, DROP)]
