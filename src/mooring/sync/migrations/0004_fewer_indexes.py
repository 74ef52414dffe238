"""Few items fail or are too old, and only archived ones have a delivery: the others need no place in these indexes."""

from django.db import migrations, models
from django.db.models.deletion import SET_NULL


class Migration(migrations.Migration):
    dependencies = [("letters", "0010_fewer_indexes"), ("sync", "0003_sending")]
    operations = [
        migrations.RemoveIndex("item", "items_by_state"),
        # Django would write the whole table anew on SQLite, and lose the triggers that count it.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "item",
                    "delivery",
                    models.ForeignKey(
                        "letters.delivery", db_index=False, null=True, on_delete=SET_NULL, related_name="+"
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    'DROP INDEX "sync_item_delivery_id_b8f04256"',
                    'CREATE INDEX "sync_item_delivery_id_b8f04256" ON "sync_item" ("delivery_id")',
                )
            ],
        ),
        migrations.AddIndex(
            "item", models.Index(fields=["folder"], condition=models.Q(("state", "failed")), name="items_failed")
        ),
        migrations.AddIndex(
            "item", models.Index(fields=["folder"], condition=models.Q(("state", "older")), name="items_too_old")
        ),
        migrations.AddIndex(
            "item",
            models.Index(fields=["delivery"], condition=models.Q(("delivery__isnull", False)), name="items_of_a_delivery"),
        ),
    ]
