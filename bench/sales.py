"""Pages of a large sales organisation, and searching it: the tree, a box, the roll-up of the root, boards, versions, reports.

1,000 boxes in a tree, 5,000 pipelines, 200,000 opportunities unless told otherwise, beside them one pipeline with 2,000 open
ones, two versions of it, and one of each other pipeline; every row is invented. Queries must not grow with the data.

Every title says Sale; every seventh says Rope, twenty say Capstan. Of the oldest tenth alone every second title says Oakum, and
the others say Tar.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from bench.pages import HEADER, Readers, database

STAGES = (("New", 10, "open"), ("Offer", 40, "open"), ("Negotiation", 70, "open"), ("Won", 100, "won"), ("Lost", 0, "lost"))
LARGE = "The large one"
SELLERS = ("Bob", "Eve", *(f"Seller {number}" for number in range(1, 39)))
CURRENCIES = ("EUR", "EUR", "EUR", "PLN", "USD")


def main(arguments: list[str]) -> None:
    """Fill an empty database, ask every page, print the table."""
    options = _options(arguments)
    with database(url="", is_postgres=options.postgres):
        started = time.monotonic()
        _fill(options, random.Random(7))
        print(f"filled in {time.monotonic() - started:.0f} s: {options.boxes:,} boxes, {options.opportunities:,} opportunities")
        _save_versions(options)
        print(f"load of the machine: {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        print(HEADER, flush=True)
        readers = Readers()
        for name, (who, address) in _addresses().items():
            if any(part in name for part in options.only):
                print(f"{name:56}{readers.measure(who, address, options.rounds)}", flush=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench sales", description=__doc__)
    parser.add_argument("--boxes", type=int, default=1_000)
    parser.add_argument("--pipelines", type=int, default=5_000)
    parser.add_argument("--opportunities", type=int, default=200_000)
    parser.add_argument("--open", type=int, default=2_000, help="open opportunities of the large pipeline")
    parser.add_argument("--weekly", type=int, default=5_000, help="pipelines of which a weekly version is saved")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", nargs="+", default=[""], help="pages whose name holds one of these")
    parser.add_argument("--postgres", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    return parser.parse_args(arguments)


def _addresses() -> dict[str, tuple[str, str]]:
    """Name -> (who asks, address). Alice administers; Bob owns the root."""
    from mooring.sales.models import Pipeline, PipelineVersion, SalesMailbox

    root = SalesMailbox.objects.unscoped("a measurement").get(number=1)
    pipeline = Pipeline.objects.unscoped("a measurement").order_by("pk")[0]
    large = Pipeline.objects.unscoped("a measurement").get(name=LARGE)
    first, second = PipelineVersion.objects.unscoped("a measurement").filter(uid=large.uid).order_by("number")[:2]
    boards = f"/sales/pipelines/{large.pk}/"
    found = {
        "tree": ("bob", "/sales/"),
        "the root's card": ("bob", f"/sales/boxes/{root.pk}/"),
        "pipelines": ("bob", "/sales/pipelines/"),
        "a board": ("bob", f"/sales/pipelines/{pipeline.pk}/"),
        "a board of 2,000 open": ("bob", boards),
        "the same as a list": ("bob", f"{boards}list/"),
        "its versions": ("bob", f"{boards}versions/"),
        "two versions compared": ("bob", f"{boards}compare/?from={first.pk}&to={second.pk}"),
        "a version and now compared": ("bob", f"{boards}compare/?from={first.pk}&to="),
    }
    for by in ("box", "region", "month", "quarter", "person", "stage", "pipeline"):
        found[f"roll-up of the root by {by}"] = ("bob", f"/reports/of/forecast/?box={root.pk}&by={by}")
    month = f"/reports/forecast/opportunities/?box={root.pk}&by=month&key=2026-12"
    found["what is behind a month"] = ("bob", month)
    for by in ("box", "pipeline", "month"):
        found[f"the same on a past day by {by}"] = ("bob", f"/reports/of/forecast/?box={root.pk}&by={by}&compared=2026-11-25")
    found["roll-up of everything by month"] = ("alice", "/reports/of/forecast/?by=month")
    branch = SalesMailbox.objects.unscoped("a measurement").filter(parent=root).order_by("number")[0]
    found["roll-up of a branch by box"] = ("bob", f"/reports/of/forecast/?box={branch.pk}")
    found["sales by person"] = ("alice", "/reports/of/sales-by-person/")
    return found | _searches()


def _searches() -> dict[str, tuple[str, str]]:
    """The whole page; the words are those of the titles alone. Eve, who owns the boxes, sees all by other ways than Alice."""
    texts = {
        "a rare word": "capstan",
        "a common word": "rope",
        "two common words": "rope sale",
        "a common word of old sales": "oakum",
        "two common words of old sales": "oakum sale",
        "two common words that never meet": "oakum tar",
    }
    return {
        f"{prefix}search for {name}": (who, f"/search/?q={text.replace(' ', '+')}")
        for prefix, who in (("", "alice"), ("Eve: ", "eve"))
        for name, text in texts.items()
    }


def _fill(options: argparse.Namespace, chance: random.Random) -> None:
    from django.db import connection

    from bench.filling import NOW, PASSWORD
    from mooring.customers.models import Customer
    from mooring.sales.kept_sums import put_together
    from mooring.sales.models import Ancestry, SalesMailbox
    from mooring.users.groups import add_group, add_member
    from mooring.users.journal import Actor
    from mooring.users.staff import add_user

    by = Actor(None, "command")
    people = [
        add_user(email=f"p{n}@bench.example", name=name, role=role, password=PASSWORD, by=by, now=NOW)
        for n, (name, role) in enumerate([("Alice", "administrator"), *((name, "sales_person") for name in SELLERS)])
    ]
    _keep_rates(by)
    group = add_group(name="Sales", kind="sales", by=by, now=NOW)
    for person in people[1:]:
        add_member(group=group, user=person, by=by, now=NOW)
    customer = Customer.objects.create(name="Harbour", name_key="harbour", created_at=NOW, changed_at=NOW)
    boxes: list[Any] = []
    lines: list[Any] = []
    chains: dict[Any, list[Any]] = {}
    for number in range(1, options.boxes + 1):
        parent = boxes[(number - 2) // 8] if boxes else None
        owner = people[1] if number == 1 else people[2]
        box = SalesMailbox.objects.create(
            number=number, name=f"Box {number}", owner=owner, region=f"Region {number % 12}", created_on=NOW.date(), parent=parent
        )
        boxes.append(box)
        chains[box] = [box, *(chains[parent] if parent else ())]
        lines.extend(Ancestry(above=above, below=box, steps=steps) for steps, above in enumerate(chains[box]))
    _fill_pipelines(options, boxes, people, customer, chance)
    # The lines of the tree last: sums are kept for every line, and a portion of many rows is added up at once then.
    Ancestry.objects.bulk_create(lines, batch_size=2_000)
    put_together()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _keep_rates(by: Any) -> None:
    """One for each month."""
    from bench.filling import NOW
    from mooring.sales.rates import keep_rate

    for month in range(1, 13):
        for currency, worth in (("PLN", 2300), ("USD", 9100)):
            keep_rate(currency=currency, on=date(2026, month, 1), worth=Decimal(worth + month).scaleb(-4), by=by, now=NOW)


def _save_versions(options: argparse.Namespace) -> None:
    """Weekly versions of all, then a second one of the large pipeline in which much has changed."""
    from datetime import timedelta

    from bench.filling import NOW
    from mooring.sales.models import Opportunity, Pipeline
    from mooring.sales.versions import save_version, save_weekly
    from mooring.users.journal import WORKER

    started = time.process_time()
    count = save_weekly(now=NOW, most=options.weekly)
    print(f"{count:,} weekly versions: {(time.process_time() - started) * 1000 / max(count, 1):.1f} ms of CPU each")
    large = Pipeline.objects.unscoped("a measurement").get(name=LARGE)
    save_version(pipeline=large, by=WORKER, now=NOW)
    later = NOW + timedelta(days=1)
    rows = Opportunity.objects.unscoped("a measurement").filter(pipeline=large)
    won = large.stages.get(title="Won")
    for at, row in enumerate(rows):
        if at % 4 == 0:
            row.stage, row.closed_at = won, later
        elif at % 4 == 1:
            row.price = row.amount = row.amount + 1
        elif at % 4 == 2 and row.close_on:
            row.close_on += timedelta(days=40)
        row.save()
    save_version(pipeline=large, by=WORKER, now=later)
    rows.filter(stage=won).update(stage=large.stages.get(title="Offer"), closed_at=None)


def _fill_pipelines(
    options: argparse.Namespace, boxes: list[Any], people: list[Any], customer: Any, chance: random.Random
) -> None:
    from bench.filling import NOW
    from mooring.sales.models import Opportunity, Pipeline, SalesMailbox, Stage

    times = {"created_at": NOW, "changed_at": NOW}
    pipelines = Pipeline.objects.bulk_create(
        [
            Pipeline(uid=UUID(int=chance.getrandbits(128)), mailbox=boxes[at % len(boxes)], name=f"Pipeline {at}", **times)
            for at in range(options.pipelines)
        ]
        + [Pipeline(uid=UUID(int=chance.getrandbits(128)), mailbox=boxes[0], name=LARGE, **times)],
        batch_size=2_000,
    )
    stages = Stage.objects.bulk_create(
        [
            Stage(pipeline=each, uid=UUID(int=chance.getrandbits(128)), title=title, probability=p, outcome=outcome, place=place)
            for each in pipelines
            for place, (title, p, outcome) in enumerate(STAGES)
        ],
        batch_size=2_000,
    )
    rows = _opportunities(options, stages, people, customer, chance)
    while portion := list(islice(rows, 20_000)):
        Opportunity.objects.bulk_create(portion, batch_size=2_000)
    for model, columns in ((SalesMailbox, ("number", "name")), (Pipeline, ("name",)), (Opportunity, ("title",))):
        _give_words(model, columns)


def _give_words(model: Any, columns: tuple[str, ...]) -> None:
    from mooring.customers.names import words_of
    from mooring.customers.word_rows import word_model_of

    words = word_model_of(model)
    named = model.objects.unscoped("a measurement").order_by("pk").values_list("pk", *columns)
    rows = (words(record_id=pk, word=word) for pk, *texts in named.iterator() for word in words_of(texts=map(str, texts)))
    while portion := list(islice(rows, 20_000)):
        words.objects.bulk_create(portion, batch_size=2_000)


def _title(at: int, count: int) -> str:
    parts = (
        ("Rope", at % 7 == 0),
        ("Capstan", at % max(count // 20, 2) == 1),
        ("Oakum" if at % 2 else "Tar", at < count // 10),
    )
    return " ".join((f"Sale {at}", *(word for word, is_said in parts if is_said)))


def _opportunities(
    options: argparse.Namespace, stages: list[Any], people: list[Any], customer: Any, chance: random.Random
) -> Iterator[Any]:
    from bench.filling import NOW
    from mooring.sales.models import Opportunity

    for at in range(options.opportunities + options.open):
        if at < options.opportunities:
            stage = stages[(at % options.pipelines) * len(STAGES) + min(chance.randrange(8), 4)]
        else:
            stage = stages[options.pipelines * len(STAGES) + at % 3]
        amount = Decimal(chance.randrange(10**7)).scaleb(-2)
        yield Opportunity(
            uid=UUID(int=chance.getrandbits(128)),
            pipeline_id=stage.pipeline_id,
            stage=stage,
            place=at * 1_000,
            title=_title(at, options.opportunities),
            customer=customer,
            price=amount,
            amount=amount,
            weighted=(amount * stage.probability / 100).quantize(Decimal("0.01")),
            currency=chance.choice(CURRENCIES),
            close_on=date(2026, 1, 1) + timedelta(days=chance.randrange(720)),
            owner=chance.choice(people[1:]),
            stage_since=NOW,
            closed_at=None if stage.outcome == "open" else NOW - timedelta(days=chance.randrange(300), hours=chance.randrange(9)),
            created_at=NOW,
            changed_at=NOW,
        )
