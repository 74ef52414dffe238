"""The database itself refuses to change or delete lines of the journal."""

from django.db import migrations

SQLITE = (
    """
    CREATE TRIGGER journal_lines_are_never_changed BEFORE UPDATE ON users_journalentry
    BEGIN SELECT RAISE(ABORT, 'lines of the journal are never changed'); END
    """,
    """
    CREATE TRIGGER journal_lines_are_never_deleted BEFORE DELETE ON users_journalentry
    BEGIN SELECT RAISE(ABORT, 'lines of the journal are never deleted'); END
    """,
)
POSTGRESQL = (
    """
    CREATE FUNCTION refuse_to_touch_the_journal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'lines of the journal are never changed or deleted' USING ERRCODE = 'restrict_violation'; END
    $$
    """,
    """
    CREATE TRIGGER journal_lines_are_never_changed BEFORE UPDATE OR DELETE ON users_journalentry
    FOR EACH ROW EXECUTE FUNCTION refuse_to_touch_the_journal()
    """,
    """
    CREATE TRIGGER journal_is_never_emptied BEFORE TRUNCATE ON users_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_touch_the_journal()
    """,
)
REMOVE_FROM_SQLITE = (
    "DROP TRIGGER IF EXISTS journal_lines_are_never_changed",
    "DROP TRIGGER IF EXISTS journal_lines_are_never_deleted",
)
REMOVE_FROM_POSTGRESQL = (
    "DROP TRIGGER IF EXISTS journal_lines_are_never_changed ON users_journalentry",
    "DROP TRIGGER IF EXISTS journal_is_never_emptied ON users_journalentry",
    "DROP FUNCTION IF EXISTS refuse_to_touch_the_journal()",
)


def add(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in REMOVE_FROM_SQLITE if is_sqlite else REMOVE_FROM_POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
