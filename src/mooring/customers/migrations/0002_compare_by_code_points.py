"""On PostgreSQL names and words compare by code points, as on SQLite: prefixes are ranges, and pages agree with Python's order."""

from django.db import migrations

COLUMNS = (
    ("customers_customerword", "word", "varchar(80)"),
    ("customers_leadword", "word", "varchar(80)"),
    ("customers_contactword", "word", "varchar(80)"),
    ("customers_projectword", "word", "varchar(80)"),
    ("customers_customer", "name_key", "varchar(300)"),
    ("customers_lead", "name_key", "varchar(300)"),
    ("customers_contact", "name_key", "varchar(300)"),
    ("customers_project", "name_key", "varchar(300)"),
)


def compare_by_code_points(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column, kind in COLUMNS:
            schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} COLLATE "C"')


def compare_by_language(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column, kind in COLUMNS:
            schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} COLLATE "default"')


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(compare_by_code_points, compare_by_language)]
