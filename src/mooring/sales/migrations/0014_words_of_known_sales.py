"""On PostgreSQL words compare by code points, as on SQLite, so that prefixes are ranges; and what is known already gets its words."""

from django.db import migrations

from mooring.customers.names import words_of

TABLES = ("sales_mailboxword", "sales_pipelineword", "sales_opportunityword")
NAMES = {"SalesMailbox": ("number", "name"), "Pipeline": ("name",), "Opportunity": ("title",)}
WORDS = {"SalesMailbox": "MailboxWord", "Pipeline": "PipelineWord", "Opportunity": "OpportunityWord"}
AT_ONCE = 1_000


def compare_by_code_points(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN word TYPE varchar(80) COLLATE "C"')


def give_words(apps, schema_editor):
    for name, columns in NAMES.items():
        words = apps.get_model("sales", WORDS[name])
        rows = apps.get_model("sales", name)._base_manager.order_by("pk").values_list("pk", *columns)
        last = 0
        while portion := list(rows.filter(pk__gt=last)[:AT_ONCE]):
            last = portion[-1][0]
            words.objects.bulk_create(
                (
                    words(record_id=pk, word=word)
                    for pk, *texts in portion
                    for word in words_of(texts=[str(text) for text in texts])
                ),
                batch_size=AT_ONCE,
            )


class Migration(migrations.Migration):
    dependencies = [("sales", "0013_words_of_sales")]
    operations = [
        migrations.RunPython(compare_by_code_points, migrations.RunPython.noop),
        migrations.RunPython(give_words, migrations.RunPython.noop),
    ]
