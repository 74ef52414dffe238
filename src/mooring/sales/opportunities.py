"""Opportunities: added, changed, moved between stages with a way back, won, lost, put in order, removed and brought back.

Whether somebody may do so, the pages ask before. Each deed is one transaction and one line of the journal.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from mooring.customers.names import words_of
from mooring.customers.tagging import keep_tags
from mooring.customers.word_rows import keep_words
from mooring.sales.models import (
    ChecklistLine,
    Opportunity,
    OpportunityContact,
    Outcome,
    Pipeline,
    Rejection,
    Stage,
    StageMove,
)
from mooring.sales.money import weighted
from mooring.sales.opportunity_data import (
    OpportunityData,
    UnableToSell,
    checked,
    columns_of,
    data_of,
    facts_of,
    with_known_tags,
)
from mooring.users.journal import Actor, changes_between, record

GAP: Final = 1 << 20
"""Between two cards that were put one behind the other."""
_WHY: Final = "the page chose this opportunity within the reader's rights"
_KEPT: Final = ("place", "stage_since", "closed_at", "rejection_id", "rejection_note")


def add_opportunity(
    *,
    pipeline: Pipeline,
    data: OpportunityData,
    by: Actor,
    now: datetime,
    stage: Stage | None = None,
    uid: UUID | None = None,
) -> Opportunity:
    """At the foot of its stage, the first open one unless another is named. Raises UnableToSell."""
    data = with_known_tags(checked(data))
    with transaction.atomic():
        stage = stage or _first_stage(pipeline, Outcome.OPEN)
        opportunity = Opportunity(
            uid=uid or uuid4(), pipeline=pipeline, stage=stage, stage_since=now, created_at=now, changed_at=now
        )
        _write(opportunity, data, stage)
        opportunity.place = _foot_of(stage)
        opportunity.closed_at = None if stage.outcome == Outcome.OPEN else now
        opportunity.save(force_insert=True)
        keep_rows(opportunity, data, title_before="")
        facts = {name: fact for name, fact in facts_of(data).items() if fact not in ("", [], "0")}
        _note("created", opportunity, {**facts, "pipeline": str(pipeline), "stage": str(stage)}, by=by, now=now)
    return opportunity


def change_opportunity(*, opportunity: Opportunity, data: OpportunityData, by: Actor, now: datetime) -> Opportunity:
    """Returns it as it now stands; nothing is written when nothing differs. Raises UnableToSell."""
    data = checked(data)
    with transaction.atomic():
        stored = held(opportunity)
        before = data_of(stored)
        data = with_known_tags(data, before)
        changes = changes_between(facts_of(before), facts_of(data))
        if not changes:
            return stored
        _write(stored, data, stored.stage)
        stored.changed_at = now
        stored.save()
        keep_rows(stored, data, title_before=before.title)
        _note("changed", stored, changes, by=by, now=now)
    return stored


def move_opportunity(
    *,
    opportunity: Opportunity,
    to: Stage,
    by: Actor,
    now: datetime,
    before: Opportunity | None = None,
    rejection: Rejection | None = None,
    rejection_note: str = "",
) -> StageMove | None:
    """Into another stage, or to another place in its own: before another card, or last.

    The move of a stage is returned, for undo_move; None where only the order changed. Raises UnableToSell on "rejection" where
    the stage asks why and nobody says it.
    """
    with transaction.atomic():
        stored = held(opportunity)
        if to.pipeline_id != stored.pipeline_id:
            raise UnableToSell({"stage": _("This stage belongs to another pipeline.")})
        if to.asks_reason and to.pk != stored.stage_id and rejection is None and not rejection_note.strip():
            raise UnableToSell({"rejection": _("Say why it was lost.")})
        was = stored.stage
        kept = _as_kept(stored)
        stored.place = _place_before(to, before, stored)
        move = None
        if to.pk != was.pk:
            move = StageMove.objects.create(
                opportunity=stored, from_stage=was, to_stage=to, moved_by=by.user, moved_at=now, before=kept
            )
            _enter(stored, to, rejection, rejection_note, now)
        stored.save()
        if move is not None:
            changes = {"stage": [was.title, to.title], "rejection": str(stored.rejection or stored.rejection_note)}
            _note(_action_of(to), stored, {name: value for name, value in changes.items() if value}, by=by, now=now)
    return move


def undo_move(*, move: StageMove, by: Actor, now: datetime) -> Opportunity:
    """Back to the stage and the place it came from. Raises UnableToSell if it was moved since, or the move was undone."""
    with transaction.atomic():
        stored = held(move.opportunity)
        latest = stored.moves.filter(undone_at=None).first()
        if latest is None or latest.pk != move.pk or stored.stage_id != move.to_stage_id:
            raise UnableToSell({"": _("It was moved since; this move cannot be undone any more.")})
        StageMove.objects.filter(pk=move.pk).update(undone_at=now)
        was, back = stored.stage, latest.from_stage
        stored.stage = back
        _restore(stored, latest.before)
        stored.weighted = weighted(stored.amount, stored.chance, stored.currency)
        stored.changed_at = now
        stored.save()
        _note("stage_undone", stored, {"stage": [was.title, back.title]}, by=by, now=now)
    return stored


def win_opportunity(*, opportunity: Opportunity, by: Actor, now: datetime) -> StageMove | None:
    """Into the first stage that means won. Raises UnableToSell where the pipeline has none."""
    return move_opportunity(opportunity=opportunity, to=_first_stage(opportunity.pipeline, Outcome.WON), by=by, now=now)


def lose_opportunity(
    *, opportunity: Opportunity, by: Actor, now: datetime, rejection: Rejection | None = None, rejection_note: str = ""
) -> StageMove | None:
    """Into the first stage that means lost, with the reason. Raises UnableToSell."""
    to = _first_stage(opportunity.pipeline, Outcome.LOST)
    return move_opportunity(opportunity=opportunity, to=to, rejection=rejection, rejection_note=rejection_note, by=by, now=now)


def tick_line(*, line: ChecklistLine, is_done: bool, by: Actor, now: datetime) -> ChecklistLine:
    """A line of the checklist is seen to, or not after all."""
    with transaction.atomic():
        stored = held(line.opportunity)
        if ChecklistLine.objects.filter(pk=line.pk, is_done=not is_done).update(is_done=is_done):
            Opportunity.objects.unscoped(_WHY).filter(pk=stored.pk).update(changed_at=now)
            _note("line_ticked" if is_done else "line_unticked", stored, {"line": line.text}, by=by, now=now)
    line.is_done = is_done
    return line


def remove_opportunity(*, opportunity: Opportunity, by: Actor, now: datetime) -> Opportunity:
    """Out of sight; bring_back_opportunity undoes it."""
    return _marked(opportunity, now, "removed", by=by, now=now)


def bring_back_opportunity(*, opportunity: Opportunity, by: Actor, now: datetime) -> Opportunity:
    """Undo remove_opportunity."""
    return _marked(opportunity, None, "put_back", by=by, now=now)


def held(opportunity: Opportunity) -> Opportunity:
    """The row as it now stands, held until the transaction ends; its pipeline before it, as by who writes a pipeline whole.

    That row is the lock of the sums that the database keeps (docs/decisions/0032-kept-sums.md).
    """
    pipelines = Pipeline.objects.unscoped(_WHY).filter(pk__in=(opportunity.pipeline_id,))
    list(pipelines.select_for_update(of=("self",), no_key=True).values_list("pk"))
    rows = Opportunity.objects.unscoped(_WHY).select_for_update(of=("self",))
    related = ("pipeline", "stage", "customer", "lead", "source", "kind", "rejection", "owner")
    return rows.select_related(*related).get(pk=opportunity.pk)


def keep_rows(opportunity: Opportunity, data: OpportunityData, *, title_before: str) -> None:
    """Make tags, contacts, checklist and words to find it by what `data` says; rows that stay are left alone.

    `title_before` is empty for a new one; the words follow from the title, and are looked at only where that is another.
    """
    keep_tags(opportunity, data.tags)
    if data.title != title_before:
        keep_words(opportunity, words_of(texts=(data.title,)))
    wanted = {each.contact.pk: each for each in data.people}
    known = {row.contact_id: row for row in opportunity.contacts.all()}
    OpportunityContact.objects.filter(pk__in=[row.pk for pk, row in known.items() if pk not in wanted]).delete()
    for contact_id, each in wanted.items():
        row = known.get(contact_id) or OpportunityContact(opportunity=opportunity, contact=each.contact)
        if row.pk is None or row.role_id != (each.role and each.role.pk):
            row.role = each.role
            row.save()
    stored = [(row.text, row.is_done) for row in opportunity.checklist.all()]
    if stored != [(each.text, each.is_done) for each in data.checklist]:
        opportunity.checklist.all().delete()
        ChecklistLine.objects.bulk_create(
            ChecklistLine(opportunity=opportunity, text=each.text, is_done=each.is_done, place=place)
            for place, each in enumerate(data.checklist)
        )


def _marked(opportunity: Opportunity, value: datetime | None, action: str, *, by: Actor, now: datetime) -> Opportunity:
    with transaction.atomic():
        stored = held(opportunity)
        if (stored.removed_at is None) is (value is None):
            return stored
        stored.removed_at, stored.changed_at = value, now
        stored.save(update_fields=["removed_at", "changed_at"])
        _note(action, stored, {}, by=by, now=now)
    return stored


def _write(opportunity: Opportunity, data: OpportunityData, stage: Stage) -> None:
    for name, value in columns_of(data, stage).items():
        setattr(opportunity, name, value)


def _enter(opportunity: Opportunity, stage: Stage, rejection: Rejection | None, note: str, now: datetime) -> None:
    """A reason stays with what was lost and leaves with what is not."""
    opportunity.stage, opportunity.stage_since, opportunity.changed_at = stage, now, now
    opportunity.closed_at = None if stage.outcome == Outcome.OPEN else now
    is_lost = stage.outcome == Outcome.LOST
    opportunity.rejection = rejection if is_lost else None
    opportunity.rejection_note = " ".join(note.replace("\x00", "").split())[:1_000] if is_lost else ""
    opportunity.weighted = weighted(opportunity.amount, opportunity.chance, opportunity.currency)


def _as_kept(opportunity: Opportunity) -> dict[str, Any]:
    values = {name: getattr(opportunity, name) for name in _KEPT}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _restore(opportunity: Opportunity, kept: dict[str, Any]) -> None:
    for name in _KEPT:
        value = kept.get(name)
        if name in ("stage_since", "closed_at") and isinstance(value, str):
            value = datetime.fromisoformat(value)
        setattr(opportunity, name, value)


def _first_stage(pipeline: Pipeline, outcome: Outcome) -> Stage:
    stage = pipeline.stages.filter(outcome=outcome).first()
    if stage is None:
        raise UnableToSell({"stage": _("This pipeline has no stage that means “%(outcome)s”.") % {"outcome": outcome.label}})
    return stage


def _in_stage(stage: Stage) -> Any:
    return Opportunity.objects.unscoped("the order of cards counts all of them").filter(stage=stage)


def _foot_of(stage: Stage) -> int:
    last = _in_stage(stage).aggregate(last=Max("place"))["last"]
    return 0 if last is None else int(last) + GAP


def _place_before(stage: Stage, before: Opportunity | None, moved: Opportunity) -> int:
    """A place right before another card of the stage; room is made where there is none."""
    if before is None or before.pk == moved.pk:
        return moved.place if before is not None and before.pk == moved.pk else _foot_of(stage)
    behind = _in_stage(stage).filter(pk=before.pk).first()
    if behind is None:
        return _foot_of(stage)
    ahead = _in_stage(stage).filter(place__lt=behind.place).exclude(pk=moved.pk).aggregate(last=Max("place"))["last"]
    if ahead is None:
        return int(behind.place) - GAP
    if behind.place - ahead >= 2:
        return int(ahead + behind.place) // 2
    _in_stage(stage).filter(place__gte=behind.place).update(place=F("place") + GAP)
    return int(ahead) + GAP // 2


def _action_of(stage: Stage) -> str:
    return {Outcome.WON: "won", Outcome.LOST: "lost"}.get(Outcome(stage.outcome), "moved")


def _note(action: str, opportunity: Opportunity, changes: dict[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="opportunity", record_id=opportunity.pk, name=opportunity.title, changes=changes, now=now)
