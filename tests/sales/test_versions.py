"""Versions and files of pipelines: nothing is lost on the way, anything else is refused; and what changed between two of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from making import NOW, actor, make_contact, make_opportunity, make_pipeline
from mooring.sales.comparing import changes_between, waterfalls
from mooring.sales.models import Cause, PipelineVersion
from mooring.sales.opportunities import change_opportunity, win_opportunity
from mooring.sales.opportunity_data import ChecklistItem, PersonInSale, data_of
from mooring.sales.pipeline_content import (
    OpportunityContent,
    PersonContent,
    PipelineContent,
    StageContent,
    StepContent,
    UnreadablePipeline,
    Whom,
    as_json,
    from_json,
    from_own_json,
)
from mooring.sales.reading_content import content_of
from mooring.sales.short_content import short_of, short_of_version
from mooring.sales.versions import content_of_version, save_version, save_weekly
from mooring.users.models import User

_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)
_NAME = _TEXT.filter(str.strip)
_NUMBER = st.decimals(min_value=-9_999_999, max_value=9_999_999, places=4)
_DAY = st.none() | st.dates()
_MOMENT = st.none() | st.datetimes(timezones=st.just(UTC))
_IDS = st.none() | st.integers(1, 2**62)
_STAGES = tuple(
    StageContent(uid=f"00000000-0000-4000-8000-00000000000{number}", title=outcome, probability=50, outcome=outcome)
    for number, outcome in enumerate(("open", "won", "lost"))
)
_OPPORTUNITY = st.builds(
    OpportunityContent,
    uid=st.uuids().map(str),
    title=_NAME,
    stage=st.sampled_from([stage.uid for stage in _STAGES]),
    whom=st.builds(Whom, kind=st.sampled_from(["customer", "lead"]), id=_IDS, number=_TEXT, name=_NAME),
    price=_NUMBER,
    quantity=_NUMBER,
    discount=_NUMBER,
    currency=st.sampled_from(["EUR", "PLN"]),
    amount=_NUMBER,
    probability=st.none() | st.integers(0, 100),
    close_on=_DAY,
    source=_TEXT,
    kind=_TEXT,
    rejection=_TEXT,
    rejection_note=_TEXT,
    owner=_TEXT,
    next_step=_TEXT,
    next_step_on=_DAY,
    products=_TEXT,
    note=_TEXT,
    created_at=_MOMENT,
    stage_since=_MOMENT,
    tags=st.lists(_NAME, max_size=2).map(tuple),
    contacts=st.lists(st.builds(PersonContent, name=_NAME, email=_TEXT, role=_TEXT, id=_IDS), max_size=2).map(tuple),
    checklist=st.lists(st.builds(StepContent, text=_NAME, is_done=st.booleans()), max_size=2).map(tuple),
)
_PIPELINE = st.builds(
    PipelineContent,
    uid=st.uuids().map(str),
    name=_NAME,
    note=_TEXT,
    currency=st.just("EUR"),
    stages=st.just(_STAGES),
    opportunities=st.lists(_OPPORTUNITY, max_size=5, unique_by=lambda each: each.uid).map(tuple),
)


@settings(deadline=None, max_examples=60)
@given(content=_PIPELINE)
def test_a_pipeline_is_read_back_from_its_file_without_loss(content: PipelineContent) -> None:
    assert from_json(as_json(content)) == content
    assert from_json(as_json(content, indent=1).encode()) == content
    assert from_own_json(as_json(content)) == content


@settings(deadline=None, max_examples=60)
@given(before=_PIPELINE, after=_PIPELINE, kept=st.integers(0, 5))
def test_the_steps_of_a_comparison_add_up_exactly(before: PipelineContent, after: PipelineContent, kept: int) -> None:
    stay = tuple(replace(new, uid=old.uid) for old, new in zip(before.opportunities[:kept], after.opportunities, strict=False))
    after = replace(after, opportunities=stay + after.opportunities[len(stay) :])
    for fall in waterfalls(before, after):
        assert fall.before + sum(fall.steps.values()) == fall.after
        assert fall.after == sum(
            (each.amount for each in after.opportunities if (each.currency, each.stage) == (fall.currency, _STAGES[0].uid)),
            Decimal(0),
        )
    new_ones = {each.opportunity.uid for each in changes_between(before, after) if each.kind == "new"}
    assert new_ones == {each.uid for each in after.opportunities} - {each.uid for each in before.opportunities}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"format": "other"}, "format"),
        ({"edition": 2}, "edition"),
        ({"pipeline": None}, "pipeline"),
        ({"pipeline.uid": "x"}, "pipeline.uid"),
        ({"pipeline.colour": "red"}, "pipeline.colour"),
        ({"pipeline.stages": []}, "pipeline.stages"),
        ({"pipeline.stages.0.outcome": "maybe"}, "pipeline.stages[0].outcome"),
        ({"pipeline.stages.0.probability": None}, "pipeline.stages[0].probability"),
        ({"pipeline.opportunities.0.stage": "nowhere"}, "pipeline.opportunities[0].stage"),
        ({"pipeline.opportunities.0.price": "NaN"}, "pipeline.opportunities[0].price"),
        ({"pipeline.opportunities.0.price": "1.00001"}, "pipeline.opportunities[0].price"),
        ({"pipeline.opportunities.0.currency": "euro"}, "pipeline.opportunities[0].currency"),
        ({"pipeline.opportunities.0.probability": 101}, "pipeline.opportunities[0].probability"),
        ({"pipeline.opportunities.0.close_on": "soon"}, "pipeline.opportunities[0].close_on"),
        ({"pipeline.opportunities.0.created_at": "2026-01-01T00:00:00"}, "pipeline.opportunities[0].created_at"),
        ({"pipeline.opportunities.0.whom": {"kind": "friend"}}, "pipeline.opportunities[0].whom.kind"),
        ({"pipeline.opportunities.0.title": " "}, "pipeline.opportunities[0].title"),
        ({"pipeline.opportunities.0.contacts": {}}, "pipeline.opportunities[0].contacts"),
        ({"pipeline.opportunities.0.checklist": [{"text": "a", "is_done": 1}]}, "pipeline.opportunities[0].checklist[0].is_done"),
    ],
)
def test_a_file_that_is_no_pipeline_is_refused_at_its_place(change: dict[str, Any], place: str) -> None:
    sale = OpportunityContent(
        uid="00000000-0000-4000-8000-000000000009", title="Sails", stage=_STAGES[0].uid, whom=Whom(kind="lead", name="Ann")
    )
    whole = PipelineContent(uid="00000000-0000-4000-8000-000000000008", name="Ropes", stages=_STAGES, opportunities=(sale,))
    document: Any = json.loads(as_json(whole))
    for path, value in change.items():
        *parents, last = path.split(".")
        row = document
        for part in parents:
            row = row[int(part)] if part.isdigit() else row[part]
        row[last] = value
    with pytest.raises(UnreadablePipeline) as refused:
        from_json(json.dumps(document))
    assert refused.value.place == place


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePipeline):
        from_json(text)


@pytest.mark.django_db
def test_a_version_keeps_all_of_a_pipeline(bob: User) -> None:
    pipeline = make_pipeline("Ropes")
    ann = make_contact("Ann", emails=("ann@quay.example",))
    make_opportunity(
        "Mooring lines",
        pipeline=pipeline,
        price=Decimal("12.50"),
        quantity=Decimal(10),
        close_on=date(2026, 4, 1),
        owner=bob,
        people=(PersonInSale(contact=ann),),
        checklist=(ChecklistItem(text="Samples sent"),),
    )
    make_opportunity("Sails", pipeline=pipeline, price=Decimal(900))
    version = save_version(pipeline=pipeline, by=actor(bob), now=NOW, note=" Monday ")
    kept = content_of_version(version)
    assert kept == content_of(pipeline)
    assert [(each.name, each.email) for each in kept.opportunities[0].contacts] == [("Ann", "ann@quay.example")]
    assert (version.number, version.open_count, version.note) == (1, 2, "Monday")
    assert version.sums == {"EUR": ["1025.00", "102.50"]}


@pytest.mark.django_db
def test_what_happened_since_a_version_is_told_by_kind(bob: User) -> None:
    pipeline, later = make_pipeline("Ropes"), NOW + timedelta(days=1)
    lines = {"price": Decimal("12.50"), "quantity": Decimal(10), "close_on": date(2026, 4, 1)}
    first = make_opportunity("Mooring lines", pipeline=pipeline, **lines)
    second = make_opportunity("Sails", pipeline=pipeline, price=Decimal(900))
    kept = content_of(pipeline)
    change_opportunity(
        opportunity=first,
        data=replace(data_of(first), quantity=Decimal(8), close_on=date(2026, 5, 1)),
        by=actor(bob),
        now=later,
    )
    win_opportunity(opportunity=second, by=actor(bob), now=later)
    make_opportunity("Blocks", pipeline=pipeline, price=Decimal(50))
    found = changes_between(kept, content_of(pipeline))
    saved = save_version(pipeline=pipeline, by=actor(bob), now=later)
    in_short = changes_between(kept, short_of_version(saved))
    assert set(short_of(pipeline).opportunities) == set(short_of_version(saved).opportunities)
    assert short_of(pipeline).stages == short_of_version(saved).stages
    assert [(each.kind, each.opportunity.title) for each in in_short] == [(each.kind, each.opportunity.title) for each in found]
    assert waterfalls(kept, short_of(pipeline)) == waterfalls(kept, content_of(pipeline))
    assert [(each.kind, each.opportunity.title) for each in found] == [
        ("new", "Blocks"),
        ("won", "Sails"),
        ("slipped", "Mooring lines"),
        ("amount", "Mooring lines"),
    ]
    (fall,) = waterfalls(kept, content_of(pipeline))
    assert (fall.before, fall.after) == (Decimal(1025), Decimal(150))
    steps = {name: amount for name, amount in fall.steps.items() if amount}
    assert steps == {"new": Decimal(50), "less": Decimal(-25), "won": Decimal(-900)}


@pytest.mark.django_db
def test_pipelines_that_changed_are_saved_weekly_and_others_are_not() -> None:
    busy, quiet = make_pipeline("Busy"), make_pipeline("Quiet")
    assert save_weekly(now=NOW) == 2
    assert save_weekly(now=NOW + timedelta(days=6)) == 0
    make_opportunity(pipeline=busy)
    assert save_weekly(now=NOW + timedelta(days=8)) == 1
    assert save_weekly(now=NOW + timedelta(days=8)) == 0
    rows = PipelineVersion.objects.unscoped("a test").order_by("pk")
    assert [(row.name, row.number, row.cause) for row in rows] == [
        ("Busy", 1, Cause.WEEKLY),
        ("Quiet", 1, Cause.WEEKLY),
        ("Busy", 2, Cause.WEEKLY),
    ]
    assert rows[1].held_until == NOW + timedelta(days=8)
    assert rows[1].uid == quiet.uid
    assert isinstance(rows[0].saved_at, datetime)
