"""Records that are there already get the names by which duplicates are found, some thousand at a time."""

from typing import Any

from django.db import migrations

from mooring.customers.legal_forms import firm_key, person_key

_PORTION = 5_000


def fill(apps: Any, schema_editor: Any) -> None:
    for name, key_of in (("Customer", firm_key), ("Lead", person_key), ("Contact", person_key)):
        rows = apps.get_model("customers", name)._base_manager.order_by("pk")
        last = 0
        while portion := list(rows.filter(pk__gt=last).values_list("pk", "name")[:_PORTION]):
            last = portion[-1][0]
            with schema_editor.connection.cursor() as cursor:
                table = schema_editor.quote_name(rows.model._meta.db_table)
                cursor.executemany(
                    f"UPDATE {table} SET twin_key = %s WHERE id = %s",  # noqa: S608  # the name of a table alone
                    [(key_of(text), pk) for pk, text in portion],
                )


class Migration(migrations.Migration):
    dependencies = [("customers", "0012_twin_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
