"""What is open below each box, added up by the database itself with every change of it, whoever writes.

On SQLite one writer at a time is all there is. On PostgreSQL the row of a pipeline is the lock of its sums: who changes its
opportunities shares it, who changes where they count (the pipeline, its stages, the tree above) holds it alone, and each adds up
what the other has committed. A migration that makes one of these tables anew on SQLite must make its triggers anew, too.
"""

import django.db.models.deletion
import mooring.sales.models.exact
from django.db import migrations, models

OPEN = "{0}.closed_at IS NULL AND {0}.removed_at IS NULL"
IN_USE = "{0}.reset_by_id IS NULL AND {0}.removed_at IS NULL"
SALE = ("pipeline_id", "stage_id", "currency", "close_on", "owner_id", "amount", "weighted")
WATCHED = (*SALE, "closed_at", "removed_at")
PLACEMENT = ("mailbox_id", "reset_by_id", "removed_at")
SIGNED = "{0}.sign AS count, {0}.sign * o.amount AS amount, {0}.sign * o.weighted AS weighted"
MONTH = {"sqlite": "substr(placed.close_on, 1, 7)", "postgresql": "to_char(placed.close_on, 'YYYY-MM')"}
PLACE = {"sqlite": "substr('00000' || placed.place, -5)", "postgresql": "right('00000' || placed.place, 5)"}


def added(vendor, placed, lines="SELECT above_id, below_id, steps FROM sales_ancestry"):
    """The statement that adds `placed` opportunities, with a sign each, to the sums of the boxes above them."""
    return f"""
        INSERT INTO sales_opensum (box_id, kind, value, currency, count, amount, weighted)
        SELECT line.above_id,
            CASE WHEN kinds.kind <> 'whole' THEN kinds.kind WHEN line.steps = 0 THEN 'own' ELSE 'below' END AS line_kind,
            CASE kinds.kind
                WHEN 'month' THEN COALESCE({MONTH[vendor]}, '')
                WHEN 'person' THEN COALESCE(CAST(placed.owner_id AS text), '')
                WHEN 'stage' THEN {PLACE[vendor]} || ' ' || placed.title
                ELSE ''
            END AS line_value,
            placed.currency, SUM(placed.count), SUM(placed.amount), SUM(placed.weighted)
        FROM ({placed}) AS placed
        JOIN ({lines}) AS line ON line.below_id = placed.mailbox_id
        CROSS JOIN (
            SELECT 'whole' AS kind UNION ALL SELECT 'month' UNION ALL SELECT 'person' UNION ALL SELECT 'stage'
        ) AS kinds
        GROUP BY line.above_id, line_kind, line_value, placed.currency
        HAVING SUM(placed.count) <> 0 OR SUM(placed.amount) <> 0 OR SUM(placed.weighted) <> 0;
    """


def of_sales(*halves):
    """Opportunities where they now count; each half is a SELECT of a sign and the columns of SALE."""
    return f"""
        SELECT p.mailbox_id, o.currency, o.close_on, o.owner_id, s.title, s.place, {SIGNED.format("o")}
        FROM ({" UNION ALL ".join(halves)}) AS o
        JOIN sales_pipeline AS p ON p.id = o.pipeline_id AND {IN_USE.format("p")}
        JOIN sales_stage AS s ON s.id = o.stage_id
    """


def of_pipelines(*halves):
    """The opportunities of pipelines; each half is a SELECT of a sign, id and mailbox_id."""
    return f"""
        SELECT e.mailbox_id, o.currency, o.close_on, o.owner_id, s.title, s.place, {SIGNED.format("e")}
        FROM ({" UNION ALL ".join(halves)}) AS e
        JOIN sales_opportunity AS o ON o.pipeline_id = e.id AND {OPEN.format("o")}
        JOIN sales_stage AS s ON s.id = o.stage_id
    """


def of_stages(*halves):
    """The opportunities in stages; each half is a SELECT of a sign, id, title and place."""
    return f"""
        SELECT p.mailbox_id, o.currency, o.close_on, o.owner_id, e.title, e.place, {SIGNED.format("e")}
        FROM ({" UNION ALL ".join(halves)}) AS e
        JOIN sales_opportunity AS o ON o.stage_id = e.id AND {OPEN.format("o")}
        JOIN sales_pipeline AS p ON p.id = o.pipeline_id AND {IN_USE.format("p")}
    """


def within(sign, boxes):
    """The opportunities in boxes."""
    return of_pipelines(
        f"SELECT {sign} AS sign, p.id, p.mailbox_id FROM sales_pipeline AS p WHERE {IN_USE.format('p')}{boxes}"
    )


def columns(row, names):
    return ", ".join(f"{row}.{name} AS {name}" for name in names)


def differ(names, distinct):
    return " OR ".join(f"OLD.{name} {distinct} NEW.{name}" for name in names)


def on_sqlite():
    """Once per row."""
    sale = {
        row: f"SELECT {sign} AS sign, {columns(row, SALE)} WHERE {OPEN.format(row)}" for row, sign in (("OLD", -1), ("NEW", 1))
    }
    kept = {
        row: f"SELECT {sign} AS sign, {columns(row, ('id', 'mailbox_id'))} WHERE {IN_USE.format(row)}"
        for row, sign in (("OLD", -1), ("NEW", 1))
    }
    stage = {row: f"SELECT {sign} AS sign, {columns(row, ('id', 'title', 'place'))}" for row, sign in (("OLD", -1), ("NEW", 1))}
    line = {row: f"SELECT {columns(row, ('above_id', 'below_id', 'steps'))}" for row in ("OLD", "NEW")}
    changed = {
        ("opportunity", "DELETE", ""): added("sqlite", of_sales(sale["OLD"])),
        ("opportunity", "INSERT", ""): added("sqlite", of_sales(sale["NEW"])),
        ("opportunity", f"UPDATE OF {', '.join(WATCHED)}", f"WHEN {differ(WATCHED, 'IS NOT')}"): added(
            "sqlite", of_sales(sale["OLD"], sale["NEW"])
        ),
        ("pipeline", f"UPDATE OF {', '.join(PLACEMENT)}", f"WHEN {differ(PLACEMENT, 'IS NOT')}"): added(
            "sqlite", of_pipelines(kept["OLD"], kept["NEW"])
        ),
        ("stage", "UPDATE OF title, place", f"WHEN {differ(('title', 'place'), 'IS NOT')}"): added(
            "sqlite", of_stages(stage["OLD"], stage["NEW"])
        ),
        ("ancestry", "DELETE", ""): added("sqlite", within(-1, " AND p.mailbox_id = OLD.below_id"), line["OLD"]),
        ("ancestry", "INSERT", ""): added("sqlite", within(1, " AND p.mailbox_id = NEW.below_id"), line["NEW"]),
    }
    for (table, event, condition), statement in changed.items():
        yield f"CREATE TRIGGER {name_of(table, event)} AFTER {event} ON sales_{table} {condition} BEGIN {statement} END"


def name_of(table, event):
    return f"open_sums_follow_{table}_{event.split()[0].lower()}"


HELD_ALONE = "PERFORM 1 FROM sales_pipeline WHERE {0} ORDER BY id FOR NO KEY UPDATE;"


def on_postgresql():
    """Once per statement; a statement in a function sees what was committed before it began, so locks come first."""
    for (table, event), body in bodies().items():
        name = name_of(table, event)
        seen = {"INSERT": "NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
        seen["UPDATE"] = f"{seen['DELETE']} {seen['INSERT']}"
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
        yield (
            f"CREATE TRIGGER {name} AFTER {event} ON sales_{table} REFERENCING {seen[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def bodies():
    """(table, event) -> what is done then."""
    shared = "PERFORM 1 FROM sales_pipeline WHERE id IN ({0}) ORDER BY id FOR SHARE;"
    sale = {
        row: f"SELECT {sign} AS sign, {columns('r', SALE)} FROM {row} AS r WHERE {OPEN.format('r')}"
        for row, sign in (("old_rows", -1), ("new_rows", 1))
    }
    pair = "old_rows AS was JOIN new_rows AS is_ ON is_.id = was.id"
    changed = {
        names: differ(names, "IS DISTINCT FROM").replace("OLD.", "was.").replace("NEW.", "is_.")
        for names in (WATCHED, PLACEMENT, ("title", "place"))
    }
    kept = [
        f"SELECT {sign} AS sign, {row}.id, {row}.mailbox_id FROM {pair} WHERE ({changed[PLACEMENT]}) AND {IN_USE.format(row)}"
        for row, sign in (("was", -1), ("is_", 1))
    ]
    stage = [
        f"SELECT {sign} AS sign, {row}.id, {row}.title, {row}.place FROM {pair} WHERE {changed['title', 'place']}"
        for row, sign in (("was", -1), ("is_", 1))
    ]
    moved = "SELECT pipeline_id FROM {0}"
    both = f"{moved.format('old_rows')} UNION {moved.format('new_rows')}"
    of_stage = f"id IN (SELECT was.pipeline_id FROM {pair} WHERE {changed['title', 'place']})"
    return {
        ("opportunity", "DELETE"): shared.format(moved.format("old_rows")) + added("postgresql", of_sales(sale["old_rows"])),
        ("opportunity", "INSERT"): shared.format(moved.format("new_rows")) + added("postgresql", of_sales(sale["new_rows"])),
        ("opportunity", "UPDATE"): f"IF NOT EXISTS (SELECT 1 FROM {pair} WHERE {changed[WATCHED]}) THEN RETURN NULL; END IF; "
        + shared.format(both)
        + added("postgresql", of_sales(*sale.values())),
        ("pipeline", "INSERT"): box_shared("SELECT mailbox_id FROM new_rows"),
        ("pipeline", "UPDATE"): f"IF NOT EXISTS (SELECT 1 FROM {pair} WHERE {changed[PLACEMENT]}) THEN RETURN NULL; END IF; "
        + box_shared("SELECT mailbox_id FROM new_rows")
        + added("postgresql", of_pipelines(*kept)),
        ("stage", "UPDATE"): HELD_ALONE.format(of_stage) + added("postgresql", of_stages(*stage)),
        ("ancestry", "DELETE"): of_lines("old_rows", -1),
        ("ancestry", "INSERT"): of_lines("new_rows", 1),
    }


def box_shared(boxes):
    return f"PERFORM 1 FROM sales_salesmailbox WHERE id IN ({boxes}) ORDER BY id FOR SHARE;"


def of_lines(rows, sign):
    below = f"SELECT below_id FROM {rows}"
    return (
        f"PERFORM 1 FROM sales_salesmailbox WHERE id IN ({below}) ORDER BY id FOR NO KEY UPDATE; "
        + HELD_ALONE.format(f"mailbox_id IN ({below})")
        + added("postgresql", within(sign, f" AND p.mailbox_id IN ({below})"), f"SELECT above_id, below_id, steps FROM {rows}")
    )


def add(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in (added(vendor, within(1, "")), *(on_sqlite() if vendor == "sqlite" else on_postgresql())):
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for table, event in bodies():
        on_table = "" if is_sqlite else f" ON sales_{table}"
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name_of(table, event)}{on_table}")
        if not is_sqlite:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {name_of(table, event)}()")


class Migration(migrations.Migration):
    dependencies = [("sales", "0007_open_opportunities")]
    operations = [
        migrations.CreateModel(
            name="OpenSum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=6)),
                ("value", models.CharField(blank=True, max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("count", models.BigIntegerField()),
                ("amount", mooring.sales.models.exact.ExactField()),
                ("weighted", mooring.sales.models.exact.ExactField()),
                (
                    "box",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sales.salesmailbox",
                    ),
                ),
            ],
            options={
                "ordering": ("box", "kind", "value", "currency", "id"),
                "indexes": [
                    models.Index(
                        fields=["box", "kind", "value", "currency", "count", "amount", "weighted"], name="open_sums_of_a_box"
                    )
                ],
            },
        ),
        migrations.RunPython(add, remove),
    ]
