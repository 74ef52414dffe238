"""A reset that was undone has left no trace: every row of every table stands as it stood, whatever was attached to the boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

import making
from letters.making_letters import make_account, make_letter
from letters.making_outgoing import make_outgoing
from making import NOW, actor
from mooring.activities.models import ActivityKind, AnswerWatch
from mooring.activities.noticing import remind
from mooring.activities.planning import ActivityData, plan_activity
from mooring.customers.models import ContactRole, Source
from mooring.customers.tagging import typed
from mooring.sales.kept_sums import differences, put_together
from mooring.sales.letter_links import link_to_sale, take_off_sale
from mooring.sales.mailboxes import change_mailbox, data_of
from mooring.sales.models import (
    BoxReset,
    Opportunity,
    OpportunityKind,
    PastSum,
    Pipeline,
    PipelineVersion,
    Rejection,
    SalesMailbox,
)
from mooring.sales.opening import UnableToOpen, open_mailbox
from mooring.sales.opportunities import change_opportunity, lose_opportunity, remove_opportunity, undo_move, win_opportunity
from mooring.sales.opportunity_data import ChecklistItem, PersonInSale
from mooring.sales.opportunity_data import data_of as sale_data_of
from mooring.sales.pipelines import remove_pipeline
from mooring.sales.resetting import reset_mailboxes, resets_to_undo, undo_resets
from mooring.sales.versions import save_version
from mooring.users.journal import Actor
from mooring.users.models import JournalEntry, User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)
AFTER = LATER + timedelta(days=29)
_WHY = "a test looks"
WRITTEN_ANEW = ("sales_ancestry", "sales_opensum", "sales_mailboxword")
"""Their rows say the same under other ids."""
Rows = dict[str, set[tuple[Any, ...]]]


class Fleet:
    """North stands below Head, which was added later; Fjord stands below North; South stands alone."""

    def __init__(self, bob: User, alice: User) -> None:
        self.by, self.bob, self.alice = actor(bob), bob, alice
        self.north = _reset_once_before(making.make_sales_mailbox(number=5, owner=bob), by=self.by)
        self.head = making.make_sales_mailbox("Head", number=1, owner=alice)
        self.north = _named(self.north, parent=self.head)
        self.fjord = making.make_sales_mailbox("Fjord", parent=self.north, owner=bob, password="another tide table")
        self.south = making.make_sales_mailbox("South", owner=alice, region="Lakes")
        with pytest.raises(UnableToOpen):
            open_mailbox(number=5, password="wrong password", by=self.by, now=NOW)
        for box in (self.north, self.fjord, self.south):
            _fill(box, self)
        put_together()

    def boxes(self, which: str) -> Sequence[SalesMailbox]:
        return {
            "one": [self.north],
            "several": [self.north, self.fjord],
            "all": [self.head, self.north, self.fjord, self.south],
        }[which]


def _reset_once_before(box: SalesMailbox, *, by: Actor) -> SalesMailbox:
    """That reset was not undone, so a pipeline and a version lie with it."""
    making.make_opportunity(pipeline=making.make_pipeline("Of old", mailbox=box), price=Decimal(5))
    reset_mailboxes(boxes=[box], by=by, now=NOW)
    return SalesMailbox.objects.unscoped(_WHY).select_related("owner").get(pk=box.pk)


def _named(box: SalesMailbox, *, parent: SalesMailbox) -> SalesMailbox:
    data = data_of(
        box,
        name="North",
        region="Coast",
        email="n@sales.example",
        purpose="Tenders",
        created_on=date(2020, 1, 2),
        password=making.PASSWORD,
        parent=parent,
    )
    return change_mailbox(box=box, data=data, by=making.BY_COMMAND, now=NOW)


def _fill(box: SalesMailbox, fleet: Fleet) -> None:
    """Two pipelines of which one was removed, opportunities open, won, lost and removed, and to the first all that there is."""
    pipeline = making.make_pipeline(f"Boats of {box.name}", mailbox=box)
    sale = _sale_with_everything(pipeline, fleet)
    _letters_of(sale, fleet)
    won, lost, gone = (
        making.make_opportunity(title, pipeline=pipeline, whom=making.make_lead(), price=Decimal(30), currency="PLN")
        for title in ("Won", "Lost", "Gone")
    )
    win_opportunity(opportunity=won, by=fleet.by, now=NOW)
    lose_opportunity(opportunity=lost, rejection_note="Too dear", by=fleet.by, now=NOW)
    remove_opportunity(opportunity=gone, by=fleet.by, now=NOW)
    move = win_opportunity(opportunity=sale, by=fleet.by, now=NOW)
    assert move is not None
    undo_move(move=move, by=fleet.by, now=NOW)
    for where in (box, fleet.south, fleet.north):
        save_version(pipeline=pipeline, mailbox=where, note="by hand", by=fleet.by, now=NOW)
    present = Opportunity.objects.unscoped(_WHY).get(pk=sale.pk)
    change_opportunity(opportunity=sale, data=replace(sale_data_of(present), next_step="Write"), by=fleet.by, now=NOW)
    removed = making.make_pipeline(f"Masts of {box.name}", mailbox=box)
    making.make_opportunity(pipeline=removed)
    remove_pipeline(pipeline=removed, by=fleet.by, now=NOW)


def _sale_with_everything(pipeline: Pipeline, fleet: Fleet) -> Opportunity:
    harbour = making.make_customer(owner=fleet.bob)
    person = making.make_contact("Carol", at=(harbour,))
    return making.make_opportunity(
        "Ropes",
        pipeline=pipeline,
        whom=harbour,
        price=Decimal("100.1234"),
        quantity=Decimal("2.5"),
        discount=Decimal("0.5"),
        probability=33,
        close_on=date(2026, 5, 4),
        owner=fleet.bob,
        next_step="Call",
        next_step_on=date(2026, 4, 4),
        products="Ropes",
        note="Hurry",
        source=Source.objects.get_or_create(name="Fair")[0],
        kind=OpportunityKind.objects.get_or_create(name="Renewal")[0],
        rejection=Rejection.objects.get_or_create(name="Price")[0],
        tags=typed("Big, Fleet"),
        people=(PersonInSale(contact=person, role=ContactRole.objects.get_or_create(name="Buyer")[0]),),
        checklist=(ChecklistItem(text="Sample", is_done=True), ChecklistItem(text="Offer")),
    )


def _letters_of(sale: Opportunity, fleet: Fleet) -> None:
    """One linked, one taken off again; a note, and a task from the letter that is given to another, who was reminded of it.

    A reminder that no answer came is a task as well, and somebody may put it on the opportunity.
    """
    account = make_account(fleet.bob)
    letter, other = make_letter(account), make_letter(account)
    link_to_sale(letter=letter, opportunity=sale, by=fleet.by, now=NOW)
    take_off_sale(letter=other, opportunity=sale, by=fleet.by, now=NOW)
    note = ActivityData(kind=ActivityKind.NOTE, title="Known", note="They wait, says @Alice.", owner=fleet.bob, about=sale)
    task = ActivityData(title="Offer", owner=fleet.alice, about=sale, letter=letter, due_at=LATER, remind_at=NOW)
    plan_activity(data=note, by=fleet.by, now=NOW)
    given = plan_activity(data=task, by=fleet.by, now=NOW)
    AnswerWatch.objects.create(outgoing=make_outgoing(account), due_at=NOW, reminded_at=NOW, activity=given)
    remind(now=NOW)


@pytest.fixture
def fleet(bob: User, alice: User) -> Fleet:
    return Fleet(bob, alice)


def rows_of_everything() -> Rows:
    """All rows of the tables of all records. Of what is written anew without the ids."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in {model._meta.db_table for model in apps.get_models(include_auto_created=True)}:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a table's name
            skipped = 1 if table in WRITTEN_ANEW else 0
            found[table] = {tuple(_plain(value) for value in row[skipped:]) for row in cursor.fetchall()}
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else repr(value)


def columns_without_rows(box: SalesMailbox) -> set[str]:
    """Of all columns of any table that lead to this box, through however many tables, those in which no row does."""
    known: dict[Any, set[Any]] = {SalesMailbox: {box.pk}}
    columns = [
        (model, field)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
    ]
    while True:
        size = sum(map(len, known.values()))
        met: dict[str, bool] = {}
        for model, field in columns:
            if (targets := known.get(field.related_model)) is not None:
                rows = set(model._base_manager.filter(**{f"{field.name}__in": targets}).values_list("pk", flat=True))
                met[f"{model.__name__}.{field.name}"] = bool(rows)
                if field.related_model is not model:
                    known.setdefault(model, set()).update(rows)
        if size == sum(map(len, known.values())):
            return {name for name, has_rows in met.items() if not has_rows}


def added(before: Rows, after: Rows) -> dict[str, int]:
    """Tables with more rows than before. No row of before may be missing."""
    gone = {table: rows - after[table] for table, rows in before.items()}
    assert {table: rows for table, rows in gone.items() if rows} == {}
    counts = {table: len(after[table]) - len(rows) for table, rows in before.items()}
    return {table: count for table, count in counts.items() if count}


def words_of(entries: Iterable[JournalEntry]) -> set[str]:
    return {entry.action for entry in entries}


def test_everything_that_can_be_attached_to_a_box_is_attached_to_it(fleet: Fleet) -> None:
    assert columns_without_rows(fleet.north) == set()


@pytest.mark.parametrize("which", ["one", "several", "all"])
def test_reset_and_undo_leave_every_row_of_every_table_as_it_was(fleet: Fleet, which: str) -> None:
    boxes = fleet.boxes(which)
    before = rows_of_everything()
    last = JournalEntry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    by = actor(fleet.alice)
    batch = reset_mailboxes(boxes=boxes, by=by, now=LATER)
    assert rows_of_everything()["sales_salesmailbox"] != before["sales_salesmailbox"]
    assert not Pipeline.objects.visible_to(fleet.alice).filter(mailbox__in=boxes).exists()
    undo_resets(resets=resets_to_undo(fleet.alice, now=AFTER).filter(batch=batch), by=by, now=AFTER)
    put_together()

    used = [box for box in boxes if box != fleet.head]
    journal = 2 * len(boxes) + len(used)
    versions = {"sales_pipelineversion": len(used), "sales_paststate": len(used)}
    counts = added(before, rows_of_everything())
    assert counts.pop("sales_pastsum") == PastSum.objects.filter(state__saved_at=LATER).count()
    assert counts == {"users_journalentry": journal, "sales_boxreset": len(boxes), **versions}
    assert words_of(JournalEntry.objects.filter(pk__gt=last)) == {"reset", "reset_undone", "version_saved"}
    assert set(BoxReset.objects.filter(batch=batch).values_list("undone_at", flat=True)) == {AFTER}
    kept = PipelineVersion.objects.unscoped(_WHY).filter(saved_at=LATER)
    assert set(kept.values_list("cause", flat=True)) == {"reset"}
    assert differences() == []
