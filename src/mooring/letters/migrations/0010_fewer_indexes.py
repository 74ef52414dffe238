"""Indexes that begin like another one, and those over keys that few links have, cost every letter and help no page."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_CASCADE, _SET_NULL = django.db.models.deletion.CASCADE, django.db.models.deletion.SET_NULL
_RARE = ("lead", "project", "created_by", "batch", "removed_by")


def _key(to, on_delete, *, name="+", **others):
    return models.ForeignKey(to, on_delete=on_delete, related_name=name, db_index=False, **others)


def _without_index(model, field, key, index):
    """Django would write the whole table anew on SQLite, and lose its triggers."""
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model, field, key)],
        database_operations=[
            migrations.RunSQL(
                f'DROP INDEX "letters_{model}_{field}_id_{index}"',
                f'CREATE INDEX "letters_{model}_{field}_id_{index}" ON "letters_{model}" ("{field}_id")',
            )
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0001_initial"),
        ("letters", "0009_grants"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        _without_index("delivery", "account", _key("letters.mailaccount", django.db.models.deletion.PROTECT), "eff7670c"),
        _without_index("delivery", "folder", _key("letters.folder", _SET_NULL, null=True), "1b068ed9"),
        _without_index("letter", "thread", _key("letters.thread", _SET_NULL, name="letters", null=True), "6f66593d"),
        _without_index("link", "letter", _key("letters.letter", _CASCADE, name="links"), "98ae2a13"),
        _without_index("link", "lead", _key("customers.lead", _CASCADE, null=True), "f8043ab8"),
        _without_index("link", "project", _key("customers.project", _CASCADE, null=True), "a700b95e"),
        _without_index("link", "created_by", _key(settings.AUTH_USER_MODEL, _SET_NULL, null=True), "fff8c456"),
        _without_index("link", "batch", _key("letters.linkbatch", _SET_NULL, name="links", null=True), "63b2217f"),
        _without_index("link", "removed_by", _key(settings.AUTH_USER_MODEL, _SET_NULL, null=True), "31217462"),
        *(
            migrations.AddIndex(
                "link",
                models.Index(fields=[key], condition=models.Q((f"{key}__isnull", False)), name=f"links_by_{key}"),
            )
            for key in _RARE
        ),
    ]
