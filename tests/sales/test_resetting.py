"""Resetting boxes as the source has it, undoing it without a trace, destroying what is over."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import QuerySet

from making import NOW, PASSWORD, actor, make_customer, make_opportunity, make_pipeline, make_sales_mailbox
from mooring.merging.merging import merge_records
from mooring.merging.undoing import undo_merge
from mooring.sales.kept_sums import differences, put_together
from mooring.sales.mailboxes import MOST_LEVELS, move_mailbox
from mooring.sales.models import (
    Ancestry,
    BoxReset,
    MailboxWord,
    Opportunity,
    PastState,
    PastSum,
    Pipeline,
    PipelineVersion,
    SalesMailbox,
)
from mooring.sales.resetting import (
    UNDO_FOR,
    UnableToReset,
    destroy_due,
    losses_of,
    reset_mailboxes,
    resets_to_undo,
    undo_resets,
)
from mooring.sales.versions import save_version
from mooring.users.journal import entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=3)
_WHY = "a test looks"


def rows_of(*models: Any) -> dict[str, list[Any]]:
    """All that stands in these tables."""
    found = {}
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")  # noqa: S608  # names of our own tables
            found[model.__name__] = cursor.fetchall()
    return found


def all_of_sales() -> dict[str, list[Any]]:
    written = (BoxReset, PipelineVersion, PastState, PastSum, MailboxWord)
    return rows_of(*(model for model in apps.get_app_config("sales").get_models() if model not in written))


@pytest.fixture
def north(bob: User) -> SalesMailbox:
    """Below Top, with a box below it, and a pipeline of two opportunities of which one is won, once saved."""
    top = make_sales_mailbox("Top")
    north = make_sales_mailbox(
        "North",
        number=5,
        parent=top,
        owner=bob,
        region="Coast",
        password=PASSWORD,
        created_on=date(2020, 1, 2),
        email="n@sales.example",
    )
    make_sales_mailbox("Below", parent=north)
    pipeline = make_pipeline("Boats", mailbox=north)
    make_opportunity("Ropes", pipeline=pipeline, price=Decimal("100.10"), owner=bob)
    make_opportunity("Sails", pipeline=pipeline, price=Decimal("50"), stage="Won")
    save_version(pipeline=pipeline, by=actor(bob), now=NOW)
    return north


def present(box: SalesMailbox) -> SalesMailbox:
    return SalesMailbox.objects.unscoped(_WHY).select_related("parent").get(pk=box.pk)


def resets_of(*boxes: SalesMailbox) -> QuerySet[BoxReset]:
    return BoxReset.objects.filter(mailbox__in=boxes)


def test_a_reset_gives_defaults_uncouples_and_empties(north: SalesMailbox, alice: User, bob: User) -> None:
    (loss,) = losses_of([north])
    assert (loss.pipeline_count, loss.opportunity_count, loss.version_count) == (1, 2, 1)
    assert loss.amounts == {"EUR": Decimal("100.10")}
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    box = present(north)
    assert (box.name, box.password, box.region, box.created_on, box.parent) == ("Sales mailbox 5", "", "", LATER.date(), None)
    assert (box.owner, box.email, box.number) == (bob, "n@sales.example", 5)
    assert not Pipeline.objects.visible_to(alice).exists()
    assert not Opportunity.objects.visible_to(bob).exists()
    assert not PipelineVersion.objects.visible_to(alice).exists()
    assert [each.name for each in SalesMailbox.objects.visible_to(bob)] == ["Sales mailbox 5", "Below"]
    (entry, *_) = entries_about(kind="sales_mailbox", record_id=north.pk)
    assert (entry.action, entry.changes["amounts"]) == ("reset", ["100.10 EUR"])
    assert PASSWORD not in str(entry.changes)


def test_an_undo_restores_every_field_opportunity_and_version(north: SalesMailbox, alice: User) -> None:
    put_together()
    before, kept = all_of_sales(), rows_of(PipelineVersion, PastState, PastSum)
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    assert all_of_sales() != before
    (reset,) = resets_to_undo(alice, now=LATER)
    undo_resets(resets=[reset], by=actor(alice), now=LATER + UNDO_FOR - timedelta(seconds=1))
    put_together()
    after = all_of_sales()
    for written_anew in ("Ancestry", "OpenSum"):
        rows, were = ({tuple(row[1:]) for row in kept.pop(written_anew)} for kept in (after, before))
        assert rows == were, written_anew
    assert after == before
    assert {name: rows[: len(kept[name])] for name, rows in rows_of(PipelineVersion, PastState, PastSum).items()} == kept
    causes = PipelineVersion.objects.visible_to(alice).order_by("number").values_list("cause", flat=True)
    assert list(causes) == ["by_hand", "reset"]
    assert not resets_to_undo(alice, now=LATER).exists()


def test_selected_boxes_are_reset_together_and_come_back_together(north: SalesMailbox, alice: User) -> None:
    south = make_sales_mailbox("South", parent=north)
    before = {box.pk: (present(box).name, present(box).parent) for box in (north, south)}
    batch = reset_mailboxes(boxes=[north, south], by=actor(alice), now=LATER)
    assert {reset.batch for reset in resets_of(north, south)} == {batch}
    undone = undo_resets(resets=resets_of(north, south), by=actor(alice), now=LATER)
    assert len(undone) == 2
    assert {box.pk: (present(box).name, present(box).parent) for box in (north, south)} == before


def test_what_was_made_since_steps_aside(north: SalesMailbox, alice: User) -> None:
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    make_pipeline("boats", mailbox=present(north))
    undo_resets(resets=resets_of(north), by=actor(alice), now=LATER)
    assert sorted(Pipeline.objects.visible_to(alice).values_list("name", flat=True)) == ["Boats", "boats 2"]


def test_a_box_that_would_stand_below_itself_stays_at_the_top(north: SalesMailbox, alice: User) -> None:
    top = present(north).parent
    assert top is not None
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    move_mailbox(box=top, parent=present(north), by=actor(alice), now=LATER)
    undo_resets(resets=resets_of(north), by=actor(alice), now=LATER)
    assert present(north).parent is None


def test_a_box_that_stood_at_the_top_stands_there_again(north: SalesMailbox, alice: User) -> None:
    south = make_sales_mailbox("South")
    reset_mailboxes(boxes=[south], by=actor(alice), now=LATER)
    move_mailbox(box=present(south), parent=north, by=actor(alice), now=LATER)
    undo_resets(resets=resets_of(south), by=actor(alice), now=LATER)
    assert present(south).parent is None
    assert not Ancestry.objects.filter(above=north, below=south).exists()


def test_a_box_that_would_stand_too_deep_stays_at_the_top(north: SalesMailbox, alice: User) -> None:
    top = present(north).parent
    assert top is not None
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    above = make_sales_mailbox("Level 1")
    for level in range(2, MOST_LEVELS - 1):
        above = make_sales_mailbox(f"Level {level}", parent=above)
    move_mailbox(box=top, parent=above, by=actor(alice), now=LATER)
    undo_resets(resets=resets_of(north), by=actor(alice), now=LATER)
    assert present(north).parent is None


def test_of_two_resets_of_a_box_the_later_is_undone_first(north: SalesMailbox, alice: User) -> None:
    put_together()
    before = rows_of(SalesMailbox, Pipeline, Opportunity)
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    first = resets_of(north).get()
    again = LATER + timedelta(hours=1)
    make_pipeline("Masts", mailbox=present(north))
    reset_mailboxes(boxes=[north], by=actor(alice), now=again)
    with pytest.raises(UnableToReset, match="5 Sales mailbox 5 was reset once more"):
        undo_resets(resets=[first], by=actor(alice), now=again)
    undo_resets(resets=resets_of(north), by=actor(alice), now=again)
    assert sorted(Pipeline.objects.visible_to(alice).values_list("name", flat=True)) == ["Boats", "Masts"]
    after = rows_of(SalesMailbox, Pipeline, Opportunity)
    assert {name: rows[: len(before[name])] for name, rows in after.items()} == before


def test_customers_merged_while_the_box_was_reset_are_merged_in_what_comes_back(north: SalesMailbox, alice: User) -> None:
    ropes = Opportunity.objects.visible_to(alice).select_related("customer").get(title="Ropes")
    winner = make_customer("Harbour")
    assert ropes.customer is not None
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    (merge,) = merge_records(winner=winner, losers=[ropes.customer], by=actor(alice), now=LATER)
    undo_resets(resets=resets_of(north), by=actor(alice), now=LATER)
    assert Opportunity.objects.visible_to(alice).get(pk=ropes.pk).customer == winner
    undo_merge(merge=merge, by=actor(alice), now=LATER)
    assert Opportunity.objects.visible_to(alice).get(pk=ropes.pk).customer_id == ropes.customer_id
    assert differences() == []


def test_what_was_destroyed_at_once_or_is_over_does_not_come_back(north: SalesMailbox, alice: User) -> None:
    south = make_sales_mailbox("South")
    make_opportunity(pipeline=make_pipeline(mailbox=south))
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER, destroy_now=True)
    reset_mailboxes(boxes=[south], by=actor(alice), now=LATER)
    kept = Opportunity.objects.unscoped(_WHY)
    assert kept.count() == 1
    for resets, now in ((resets_of(north), LATER), (resets_of(south), LATER + UNDO_FOR)):
        with pytest.raises(UnableToReset, match="cannot be undone"):
            undo_resets(resets=resets, by=actor(alice), now=now)
    assert destroy_due(now=LATER) == 0
    assert destroy_due(now=LATER + UNDO_FOR) == 1
    assert not kept.all().exists()
    assert not Pipeline.objects.unscoped(_WHY).exists()
    assert not PipelineVersion.objects.unscoped(_WHY).exists()
    assert {reset.before == {} for reset in resets_of(north, south)} == {True}
    (entry, *_) = entries_about(kind="sales_mailbox", record_id=south.pk)
    assert (entry.action, entry.source) == ("reset_destroyed", "worker")


def test_only_those_with_the_right_find_resets_to_undo(north: SalesMailbox, alice: User, bob: User) -> None:
    reset_mailboxes(boxes=[north], by=actor(alice), now=LATER)
    assert not resets_to_undo(bob, now=LATER).exists()
    with pytest.raises(UnableToReset, match="no sales mailbox"):
        reset_mailboxes(boxes=[], by=actor(alice), now=LATER)
