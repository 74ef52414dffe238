"""What customers have (values, categories, tags) knows the customer's owner and archive, kept by the database itself.

On PostgreSQL a row that is added holds its customer while it is read, so that none misses a change of owner under way. A migration
that makes one of these tables, or that of customers, anew on SQLite must make its triggers anew, too.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PLACED = (
    ("customers_customerinfo", "record_id"),
    ("customers_customer_categories", "customer_id"),
    ("customers_customer_tags", "customer_id"),
)
PLACE = "(owner_id, archived_at) = (SELECT c.owner_id, c.archived_at FROM customers_customer AS c WHERE c.id = {0})"


def place_all(apps, schema_editor):
    for table, column in PLACED:
        schema_editor.execute(f"UPDATE {table} SET {PLACE.format(f'{table}.{column}')}")


def on_sqlite():
    for table, column in PLACED:
        for event in ("INSERT", f"UPDATE OF {column}"):
            yield f"""
                CREATE TRIGGER place_of_{table}_{event.split()[0].lower()} AFTER {event} ON {table}
                WHEN EXISTS (
                    SELECT 1 FROM customers_customer AS c WHERE c.id = NEW.{column}
                    AND (c.owner_id IS NOT NEW.owner_id OR c.archived_at IS NOT NEW.archived_at)
                )
                BEGIN UPDATE {table} SET {PLACE.format(f"NEW.{column}")} WHERE id = NEW.id; END
            """
        yield f"""
            CREATE TRIGGER place_of_{table}_follows AFTER UPDATE OF owner_id, archived_at ON customers_customer
            WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.archived_at IS NOT NEW.archived_at
            BEGIN UPDATE {table} SET owner_id = NEW.owner_id, archived_at = NEW.archived_at WHERE {column} = NEW.id; END
        """


def on_postgresql():
    for table, column in PLACED:
        name = f"place_of_{table}"
        yield f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                SELECT c.owner_id, c.archived_at INTO NEW.owner_id, NEW.archived_at
                FROM customers_customer AS c WHERE c.id = NEW.{column} FOR SHARE;
                RETURN NEW;
            END $$
        """
        yield f"""
            CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OF {column} ON {table}
            FOR EACH ROW EXECUTE FUNCTION {name}()
        """
    updates = " ".join(
        f"UPDATE {table} SET owner_id = NEW.owner_id, archived_at = NEW.archived_at WHERE {column} = NEW.id;"
        for table, column in PLACED
    )
    yield f"""
        CREATE FUNCTION places_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {updates} RETURN NULL; END $$
    """
    yield """
        CREATE TRIGGER places_follow AFTER UPDATE OF owner_id, archived_at ON customers_customer FOR EACH ROW
        WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id OR OLD.archived_at IS DISTINCT FROM NEW.archived_at)
        EXECUTE FUNCTION places_follow()
    """


def keep_places(apps, schema_editor):
    statements = on_sqlite if schema_editor.connection.vendor == "sqlite" else on_postgresql
    for statement in statements():
        schema_editor.execute(statement)


def let_go(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table, _column in PLACED:
            for event in ("insert", "update", "follows"):
                schema_editor.execute(f"DROP TRIGGER place_of_{table}_{event}")
        return
    for table, _column in PLACED:
        schema_editor.execute(f"DROP FUNCTION place_of_{table}() CASCADE")
    schema_editor.execute("DROP FUNCTION places_follow() CASCADE")


def as_it_was(name, other, table):
    """The table that Django made for the two."""
    return migrations.CreateModel(
        name=name,
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("customer", key_to("customer")),
            (other, key_to(other)),
        ],
        options={"db_table": table, "unique_together": {("customer", other)}},
    )


def key_to(model, **more):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=f"customers.{model}", **more)


def placed(model):
    owner = models.ForeignKey(
        blank=True,
        db_constraint=False,
        db_index=False,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )
    return [
        migrations.AddField(model, "owner", owner),
        migrations.AddField(model, "archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
    ]


def many(name, through, to):
    field = models.ManyToManyField(
        blank=True, related_name="+", through=f"customers.{through}", to=f"customers.{to}", verbose_name=name.title()
    )
    return migrations.AlterField("customer", name, field)


def in_one_index(model, other, *, once, index):
    """The pair is unique and leads from the customer; the other index leads to customers, and counts them."""
    return [
        migrations.AlterField(model, "customer", key_to("customer", db_index=False)),
        migrations.AlterField(model, other, key_to(other, db_index=False)),
        migrations.AlterUniqueTogether(model, set()),
        migrations.AddConstraint(model, models.UniqueConstraint(fields=("customer", other), name=once)),
        *placed(model),
        migrations.AddIndex(model, models.Index(fields=[other, "archived_at", "owner", "customer"], name=index)),
    ]


class Migration(migrations.Migration):
    dependencies = [("customers", "0017_counted_within_parts"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                as_it_was("CustomerCategory", "category", "customers_customer_categories"),
                as_it_was("CustomerTag", "tag", "customers_customer_tags"),
                many("categories", "CustomerCategory", "category"),
                many("tags", "CustomerTag", "tag"),
            ]
        ),
        *in_one_index(
            "customercategory", "category", once="a_customer_is_of_a_category_once", index="customers_of_a_category"
        ),
        *in_one_index("customertag", "tag", once="a_customer_has_a_tag_once", index="customers_of_a_tag"),
        migrations.RemoveConstraint("customerinfo", "a_value_finds_a_customer_once"),
        migrations.AddConstraint(
            "customerinfo",
            models.UniqueConstraint(fields=("record", "field", "key"), name="a_value_finds_a_customer_once"),
        ),
        migrations.RemoveIndex("customerinfo", "values_of_a_customer"),
        *placed("customerinfo"),
        migrations.AddIndex(
            "customerinfo",
            models.Index(fields=["field", "key", "archived_at", "owner", "record"], name="customers_of_a_value"),
        ),
        migrations.RunPython(place_all, migrations.RunPython.noop),
        migrations.RunPython(keep_places, let_go),
    ]
