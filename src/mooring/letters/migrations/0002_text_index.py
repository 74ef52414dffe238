"""The table of the full-text index, in the form of each database (mooring.letters.text_index)."""

from django.db import migrations

FORWARD = {
    "sqlite": (
        "CREATE VIRTUAL TABLE letters_index USING fts5("
        "subject, sender, recipients, text, content='', columnsize=0, prefix='1 2', tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE letters_index (position bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX letters_index_words ON letters_index USING gin (words) WITH (fastupdate = on)",
    ),
}


def create(apps, schema_editor):
    for statement in FORWARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE letters_index")


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
