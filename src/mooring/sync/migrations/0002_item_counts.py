"""How many letters of a folder are in which state: the database itself keeps the counts true, whoever writes."""

import django.db.models.deletion
from django.db import migrations, models

SQLITE = (
    """
    CREATE TRIGGER items_are_counted_when_listed AFTER INSERT ON sync_item
    BEGIN
        INSERT INTO sync_itemcount (folder_id, state, item_count) SELECT NEW.folder_id, NEW.state, 0
        WHERE NOT EXISTS (SELECT 1 FROM sync_itemcount WHERE folder_id = NEW.folder_id AND state = NEW.state);
        UPDATE sync_itemcount SET item_count = item_count + 1 WHERE folder_id = NEW.folder_id AND state = NEW.state;
    END
    """,
    """
    CREATE TRIGGER items_are_counted_when_forgotten AFTER DELETE ON sync_item
    BEGIN
        UPDATE sync_itemcount SET item_count = item_count - 1 WHERE folder_id = OLD.folder_id AND state = OLD.state;
    END
    """,
    """
    CREATE TRIGGER items_are_counted_when_changed AFTER UPDATE OF folder_id, state ON sync_item
    WHEN OLD.state <> NEW.state OR OLD.folder_id <> NEW.folder_id
    BEGIN
        UPDATE sync_itemcount SET item_count = item_count - 1 WHERE folder_id = OLD.folder_id AND state = OLD.state;
        INSERT INTO sync_itemcount (folder_id, state, item_count) SELECT NEW.folder_id, NEW.state, 0
        WHERE NOT EXISTS (SELECT 1 FROM sync_itemcount WHERE folder_id = NEW.folder_id AND state = NEW.state);
        UPDATE sync_itemcount SET item_count = item_count + 1 WHERE folder_id = NEW.folder_id AND state = NEW.state;
    END
    """,
)
# Once per statement and in the order of the key, so that two statements never wait for each other crosswise.
POSTGRESQL = (
    """
    CREATE FUNCTION count_items() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            -- A folder may be going away together with its letters and counts: none is added then.
            UPDATE sync_itemcount AS counted SET item_count = counted.item_count - gone.item_count
            FROM (SELECT folder_id, state, COUNT(*) AS item_count FROM old_rows GROUP BY folder_id, state) AS gone
            WHERE counted.folder_id = gone.folder_id AND counted.state = gone.state;
        ELSIF TG_OP = 'INSERT' THEN
            INSERT INTO sync_itemcount AS counted (folder_id, state, item_count)
            SELECT folder_id, state, COUNT(*) FROM new_rows GROUP BY folder_id, state ORDER BY folder_id, state
            ON CONFLICT (folder_id, state) DO UPDATE SET item_count = counted.item_count + EXCLUDED.item_count;
        ELSE
            INSERT INTO sync_itemcount AS counted (folder_id, state, item_count)
            SELECT folder_id, state, SUM(step) FROM (
                SELECT folder_id, state, -1 AS step FROM old_rows UNION ALL SELECT folder_id, state, 1 FROM new_rows
            ) AS steps
            GROUP BY folder_id, state HAVING SUM(step) <> 0 ORDER BY folder_id, state
            ON CONFLICT (folder_id, state) DO UPDATE SET item_count = counted.item_count + EXCLUDED.item_count;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER items_are_counted_when_listed AFTER INSERT ON sync_item
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_items()
    """,
    """
    CREATE TRIGGER items_are_counted_when_forgotten AFTER DELETE ON sync_item
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_items()
    """,
    """
    CREATE TRIGGER items_are_counted_when_changed AFTER UPDATE ON sync_item
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_items()
    """,
)
COUNT_ALL = """
    INSERT INTO sync_itemcount (folder_id, state, item_count)
    SELECT folder_id, state, COUNT(*) FROM sync_item GROUP BY folder_id, state
"""
TRIGGERS = ("items_are_counted_when_listed", "items_are_counted_when_forgotten", "items_are_counted_when_changed")


def add(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in (COUNT_ALL, *(SQLITE if is_sqlite else POSTGRESQL)):
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if is_sqlite else " ON sync_item"))
    if not is_sqlite:
        schema_editor.execute("DROP FUNCTION IF EXISTS count_items()")


class Migration(migrations.Migration):
    dependencies = [("letters", "0002_text_index"), ("sync", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="ItemCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=8)),
                ("item_count", models.BigIntegerField()),
                (
                    "folder",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="letters.folder",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("folder", "state"), name="a_state_of_a_folder_is_counted_once")
                ],
            },
        ),
        migrations.RunPython(add, remove),
    ]
