"""The kept sums of what is open are those of the rows, whatever is done to these, and by whatever way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from making import BY_COMMAND, NOW, actor, archive_customers, make_customer, make_opportunity, make_pipeline, make_sales_mailbox
from mooring.config.checking import Level, check_sums
from mooring.config.cli import mooring
from mooring.customers.models import Customer
from mooring.merging.merging import UnableToMerge, merge_records
from mooring.merging.models import Merge
from mooring.merging.undoing import UnableToUndoMerge, undo_merge
from mooring.privacy.erasing import erase_customer
from mooring.sales.handing_over import Fate, Plan, hand_over
from mooring.sales.kept_sums import differences, put_together
from mooring.sales.mailboxes import UnableToChangeMailbox, move_mailbox
from mooring.sales.models import BoxReset, OpenSum, Opportunity, Pipeline, SalesMailbox, StageMove
from mooring.sales.opportunities import (
    bring_back_opportunity,
    change_opportunity,
    lose_opportunity,
    move_opportunity,
    remove_opportunity,
    undo_move,
    win_opportunity,
)
from mooring.sales.opportunity_data import UnableToSell, data_of
from mooring.sales.pipelines import bring_back_pipeline, change_stages, remove_pipeline
from mooring.sales.reading_content import content_of
from mooring.sales.resetting import reset_mailboxes, undo_resets
from mooring.sales.restoring import UnableToRestore, begin_from, return_to
from mooring.sales.stages import stage_data_of
from mooring.users.models import User

pytestmark = pytest.mark.django_db
_WHY = "a test looks at all rows"
_DAYS = (None, date(2026, 1, 31), date(2026, 2, 1), date(2027, 2, 1))


class World:
    """Three boxes, four pipelines, whoever does things to them with the chance that hypothesis gives."""

    def __init__(self, bob: User, alice: User) -> None:
        self.people = (bob, alice, None)
        top = make_sales_mailbox("Top", owner=bob)
        middle = make_sales_mailbox("Middle", parent=top)
        self.boxes = [top, middle, make_sales_mailbox("Low", parent=middle)]
        self.pipelines = [make_pipeline(mailbox=box) for box in (*self.boxes, middle)]
        self.customers = [make_customer(f"Customer {number}") for number in range(3)]
        self.contents = [content_of(self.pipelines[0])]
        self.by = actor(bob)
        for at in range(6):
            self.create(at, at * 7)

    def create(self, one: int, other: int) -> None:
        data = {"owner": self.people[one % 3], "close_on": _DAYS[other % 4], "currency": ("EUR", "PLN", "JPY")[one % 3]}
        where = Pipeline.objects.unscoped(_WHY).order_by("pk")
        whom = Customer.objects.unscoped(_WHY).order_by("pk")[0]
        price = Decimal(other * 97 + 1) / (1 if one % 3 == 2 else 100)
        make_opportunity(pipeline=where[one % where.count()], price=price, whom=whom, **data)

    def change(self, one: int, other: int) -> None:
        if sale := self.sale(one):
            data: dict[str, Any] = [
                {"price": Decimal(other)},
                {"currency": "USD" if other % 2 else "EUR"},
                {"close_on": _DAYS[other % 4]},
                {"owner": self.people[other % 3]},
                {"probability": None if other % 2 else other % 101},
                {"whom": self.customer(other)},
            ][other % 6]
            change_opportunity(opportunity=sale, data=data_of(sale).__class__(**{**_fields(sale), **data}), by=self.by, now=NOW)

    def move(self, one: int, other: int) -> None:
        if sale := self.sale(one):
            stages = list(sale.pipeline.stages.all())
            move_opportunity(opportunity=sale, to=stages[other % len(stages)], by=self.by, now=NOW)

    def win_or_lose(self, one: int, other: int) -> None:
        if sale := self.sale(one):
            (win_opportunity if other % 2 else lose_opportunity)(opportunity=sale, by=self.by, now=NOW)

    def undo(self, one: int, _other: int) -> None:
        moves = list(StageMove.objects.filter(undone_at=None).order_by("pk"))
        if moves:
            undo_move(move=moves[one % len(moves)], by=self.by, now=NOW)

    def remove_or_bring_back(self, one: int, other: int) -> None:
        if other % 2 and (sale := self.sale(one)):
            (remove_opportunity if sale.removed_at is None else bring_back_opportunity)(opportunity=sale, by=self.by, now=NOW)
        elif not other % 2 and (pipeline := self.pipeline(one)):
            (remove_pipeline if pipeline.removed_at is None else bring_back_pipeline)(pipeline=pipeline, by=self.by, now=NOW)

    def change_stages(self, one: int, other: int) -> None:
        if pipeline := self.pipeline(one):
            stages = list(stage_data_of(pipeline))
            first = stages[0].__class__(title=f"New {other % 3}", probability=other % 101, uid=stages[0].uid)
            stages = [first, *(stages[1:] if other % 2 else [stages[2], stages[1], *stages[3:]])]
            change_stages(pipeline=pipeline, stages=stages, by=self.by, now=NOW)

    def move_box(self, one: int, other: int) -> None:
        parent = [None, *self.boxes][other % 4]
        move_mailbox(box=self.box(one), parent=parent and self.box(self.boxes.index(parent)), by=BY_COMMAND, now=NOW)

    def hand_over(self, one: int, other: int) -> None:
        to = self.people[one % 2]
        assert to is not None
        hand_over(box=self.box(one), plan=Plan(to=to, fate=list(Fate)[other % 3]), by=BY_COMMAND, now=NOW)

    def reset(self, one: int, other: int) -> None:
        reset_mailboxes(boxes=[self.box(one)], by=self.by, now=NOW, destroy_now=other % 3 == 0)

    def undo_reset(self, _one: int, _other: int) -> None:
        resets = BoxReset.objects.filter(undone_at=None, destroyed_at=None)
        if resets:
            undo_resets(resets=resets, by=self.by, now=NOW + timedelta(days=1))

    def upload(self, one: int, other: int) -> None:
        pipeline = self.pipeline(one)
        if other % 3 == 0:
            begin_from(content=self.contents[other % len(self.contents)], mailbox=self.box(one), by=self.by, now=NOW)
        elif pipeline and other % 3 == 1:
            return_to(pipeline=pipeline, content=self.contents[other % len(self.contents)], by=self.by, now=NOW)
        elif pipeline:
            self.contents.append(content_of(pipeline))

    def erase(self, one: int, _other: int) -> None:
        rows = Customer.objects.unscoped(_WHY)
        if rows.filter(archived_at=None).count() > 1:
            which = rows.filter(pk=self.customer(one).pk)
            archive_customers(customers=which, by=BY_COMMAND, now=NOW)
            gone = which.get()
            erase_customer(customer=gone, typed_name=gone.name, with_letters=False, by=BY_COMMAND, now=NOW)

    def merge(self, one: int, other: int) -> None:
        winner, loser = self.customer(one), self.customer(other)
        merge_records(winner=winner, losers=[loser], choices={"name": loser.pk}, by=BY_COMMAND, now=NOW)

    def undo_merge(self, one: int, _other: int) -> None:
        merges = list(Merge.objects.filter(undone_at=None).order_by("pk"))
        if merges:
            undo_merge(merge=merges[one % len(merges)], by=BY_COMMAND, now=NOW)

    def put_together(self, _one: int, _other: int) -> None:
        put_together()

    def sale(self, at: int) -> Opportunity | None:
        rows = list(Opportunity.objects.unscoped(_WHY).order_by("pk"))
        return rows[at % len(rows)] if rows else None

    def pipeline(self, at: int) -> Pipeline | None:
        rows = list(Pipeline.objects.unscoped(_WHY).filter(reset_by=None).order_by("pk"))
        return rows[at % len(rows)] if rows else None

    def box(self, at: int) -> SalesMailbox:
        return SalesMailbox.objects.unscoped(_WHY).get(pk=self.boxes[at % 3].pk)

    def customer(self, at: int) -> Customer:
        rows = list(Customer.objects.unscoped(_WHY).filter(archived_at=None).order_by("pk"))
        return rows[at % len(rows)]


_DEEDS: tuple[Callable[[World, int, int], None], ...] = (
    *(World.create, World.change, World.move, World.win_or_lose, World.undo, World.remove_or_bring_back, World.change_stages),
    *(World.move_box, World.hand_over, World.reset, World.undo_reset, World.upload, World.erase, World.put_together),
    *(World.merge, World.undo_merge),
)


def _fields(sale: Opportunity) -> dict[str, Any]:
    data = data_of(sale)
    return {name: getattr(data, name) for name in data.__dataclass_fields__}


@pytest.fixture
def world(bob: User, alice: User) -> World:
    return World(bob, alice)


_CHANCE = st.lists(st.tuples(st.sampled_from(_DEEDS), st.integers(0, 20), st.integers(0, 1_000)), min_size=8, max_size=14)


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # A shorter story is not worth the minutes that it takes to find.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deeds=_CHANCE)
def test_kept_sums_are_those_of_the_rows_after_any_deeds(world: World, deeds: list[Any]) -> None:
    with transaction.atomic():
        for deed, one, other in deeds:
            try:
                with transaction.atomic():
                    deed(world, one, other)
            except (UnableToSell, UnableToChangeMailbox, UnableToRestore, UnableToMerge, UnableToUndoMerge):
                continue
            assert differences() == [], deed
        transaction.set_rollback(True)
    world.contents = world.contents[:1]


def test_putting_lines_together_leaves_one_for_each_key_and_none_of_nothing(world: World) -> None:
    world.win_or_lose(0, 1)
    before = OpenSum.objects.filter(box=world.boxes[0]).aggregate(Sum("amount"), Sum("count"))
    assert put_together() > 0
    assert OpenSum.objects.filter(box=world.boxes[0]).aggregate(Sum("amount"), Sum("count")) == before
    keys = list(OpenSum.objects.values_list("box", "kind", "value", "currency"))
    assert len(keys) == len(set(keys))
    assert put_together() == 0
    assert differences() == []


def test_what_somebody_broke_is_found_and_made_anew(world: World) -> None:
    OpenSum.objects.filter(box=world.boxes[0], kind="own").delete()
    broken = differences()
    assert {(key.box_id, key.kind) for key in broken} == {(world.boxes[0].pk, "own")}
    assert [finding.level for finding in check_sums()] == [Level.WRONG]
    told = CliRunner().invoke(mooring, ["sums"])
    assert (told.exit_code, told.output) == (0, f"{len(broken)} kept sums were wrong; all are right now.\n")
    assert differences() == []
    assert [finding.level for finding in check_sums()] == [Level.FINE]


def test_a_change_of_what_is_not_added_up_writes_no_line(world: World) -> None:
    count = OpenSum.objects.count()
    Opportunity.objects.unscoped(_WHY).update(note="Called", place=7)
    Pipeline.objects.unscoped(_WHY).update(note="Asked", changed_at=NOW)
    assert OpenSum.objects.count() == count


def test_the_triggers_that_keep_sums_stand() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'open_sums_%'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'open_sums_%'")
        found = {name.removeprefix("open_sums_follow_") for (name,) in cursor.fetchall()} - {"pipeline_insert"}
    changes = {f"opportunity_{event}" for event in ("insert", "update", "delete")}
    assert found == changes | {"pipeline_update", "stage_update", "ancestry_insert", "ancestry_delete"}
