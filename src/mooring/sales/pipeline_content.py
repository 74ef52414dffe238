"""What a pipeline holds at one moment, as plain values, and the documented JSON in which versions and files keep it.

Pure: no database, no Django. docs/pipeline-file.md explains every field; what is written is read back without loss.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from mooring.sales.money import MOST, STEP

FORMAT: Final = "mooring-pipeline"
EDITION: Final = 1
"""Raised when a reader of today could misread a file of tomorrow."""
MOST_OPPORTUNITIES: Final = 20_000
MOST_BYTES: Final = 64 * 1024 * 1024
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z")


class UnreadablePipeline(ValueError):
    """The text is no pipeline; `place` says where in it ("opportunities[3].price"), `reason` is one of REASONS."""

    def __init__(self, place: str, reason: str = "unreadable") -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StageContent:
    """A step of the process; `uid` names it within the file and in the pipeline it came from."""

    uid: str
    title: str
    probability: int
    outcome: str
    asks_reason: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The customer or lead: its number in this installation, the number and name people know it by."""

    kind: str
    id: int | None = None
    number: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonContent:
    """A contact in the sale, found again by id, else by address."""

    name: str
    email: str = ""
    role: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContent:
    """A line of the checklist."""

    text: str
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityContent:
    """Amounts are exact; `probability` is None where that of the stage holds."""

    uid: str
    title: str
    stage: str
    whom: Whom
    price: Decimal = Decimal(0)
    quantity: Decimal = Decimal(1)
    discount: Decimal = Decimal(0)
    currency: str = "EUR"
    amount: Decimal = Decimal(0)
    probability: int | None = None
    close_on: date | None = None
    source: str = ""
    kind: str = ""
    rejection: str = ""
    rejection_note: str = ""
    owner: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    products: str = ""
    note: str = ""
    created_at: datetime | None = None
    stage_since: datetime | None = None
    tags: tuple[str, ...] = ()
    contacts: tuple[PersonContent, ...] = ()
    checklist: tuple[StepContent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineContent:
    """A pipeline whole, its opportunities in the order in which they stand."""

    uid: str
    name: str
    note: str = ""
    currency: str = "EUR"
    stages: tuple[StageContent, ...] = ()
    opportunities: tuple[OpportunityContent, ...] = ()

    def stage_of(self, opportunity: OpportunityContent) -> StageContent:
        """The stage in which an opportunity stands."""
        return next(stage for stage in self.stages if stage.uid == opportunity.stage)


def as_json(content: PipelineContent, *, indent: int | None = None) -> str:
    """The documented JSON. Equal contents give equal texts."""
    document = {"format": FORMAT, "edition": EDITION, "pipeline": asdict(content)}
    return json.dumps(document, default=_plain, ensure_ascii=False, indent=indent, sort_keys=False)


def from_json(text: str | bytes) -> PipelineContent:
    """Raises UnreadablePipeline, with the place at fault, for anything that as_json could not have written."""
    if len(text) > MOST_BYTES:
        raise UnreadablePipeline("file", "too_large")
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise UnreadablePipeline("file", "no_json") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UnreadablePipeline("format", "other_format")
    if document.get("edition") != EDITION:
        raise UnreadablePipeline("edition", "newer")
    return _pipeline(document.get("pipeline"))


def from_own_json(text: str | bytes) -> PipelineContent:
    """What as_json wrote into one of our own versions, whose values need no second look: half the time of from_json."""
    pipeline = json.loads(text)["pipeline"]
    pipeline["stages"] = tuple(StageContent(**row) for row in pipeline["stages"])
    pipeline["opportunities"] = tuple(_own_opportunity(row) for row in pipeline["opportunities"])
    return PipelineContent(**pipeline)


def _own_opportunity(row: dict[str, Any]) -> OpportunityContent:
    for name in ("price", "quantity", "discount", "amount"):
        row[name] = Decimal(row[name])
    for name in ("close_on", "next_step_on"):
        row[name] = date.fromisoformat(row[name]) if row[name] else None
    for name in ("created_at", "stage_since"):
        row[name] = datetime.fromisoformat(row[name]) if row[name] else None
    row["whom"] = Whom(**row["whom"])
    row["tags"] = tuple(row.get("tags", ()))
    row["contacts"] = tuple(PersonContent(**each) for each in row["contacts"])
    row["checklist"] = tuple(StepContent(**each) for each in row["checklist"])
    return OpportunityContent(**row)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    assert isinstance(value, (date, datetime))
    return value.isoformat()


def _pipeline(row: Any) -> PipelineContent:
    place = "pipeline"
    values = _row(row, place, PipelineContent)
    stages = _rows(values.get("stages"), f"{place}.stages", 100)
    opportunities = _rows(values.get("opportunities"), f"{place}.opportunities", MOST_OPPORTUNITIES)
    content = PipelineContent(
        uid=_uid(values, place),
        name=_text(values, "name", place, 200, is_needed=True),
        note=_text(values, "note", place, 10_000),
        currency=_currency(values, place),
        stages=tuple(_stage(each, f"{place}.stages[{number}]") for number, each in enumerate(stages)),
        opportunities=tuple(_opportunity(each, f"{place}.opportunities[{no}]") for no, each in enumerate(opportunities)),
    )
    _demand_whole(content)
    return content


def _demand_whole(content: PipelineContent) -> None:
    """Nothing is named twice, every opportunity stands in a stage."""
    if not content.stages:
        raise UnreadablePipeline("pipeline.stages", "missing")
    known = {stage.uid for stage in content.stages}
    uids = {opportunity.uid for opportunity in content.opportunities}
    if len(known) != len(content.stages) or len(uids) != len(content.opportunities):
        raise UnreadablePipeline("pipeline", "twice")
    for number, opportunity in enumerate(content.opportunities):
        if opportunity.stage not in known:
            raise UnreadablePipeline(f"pipeline.opportunities[{number}].stage", "unknown_stage")


def _stage(row: Any, place: str) -> StageContent:
    values = _row(row, place, StageContent)
    outcome = values.get("outcome")
    if outcome not in ("open", "won", "lost"):
        raise UnreadablePipeline(f"{place}.outcome")
    probability = _probability(values, place)
    if probability is None:
        raise UnreadablePipeline(f"{place}.probability", "missing")
    return StageContent(
        uid=_uid(values, place),
        title=_text(values, "title", place, 100, is_needed=True),
        probability=probability,
        outcome=outcome,
        asks_reason=_yes(values, "asks_reason", place),
    )


def _opportunity(row: Any, place: str) -> OpportunityContent:
    values = _row(row, place, OpportunityContent)
    texts: dict[str, Any] = {name: _text(values, name, place, most) for name, most in _TEXTS.items()}
    numbers: dict[str, Any] = {name: _decimal(values, name, place) for name in ("price", "quantity", "discount", "amount")}
    people = _rows(values.get("contacts"), f"{place}.contacts", 100)
    steps = _rows(values.get("checklist"), f"{place}.checklist", 200)
    tags = _rows(values.get("tags"), f"{place}.tags", 100)
    return OpportunityContent(
        uid=_uid(values, place),
        title=_text(values, "title", place, 300, is_needed=True),
        stage=_text(values, "stage", place, 40, is_needed=True),
        whom=_whom(values.get("whom"), f"{place}.whom"),
        **numbers,
        currency=_currency(values, place),
        probability=_probability(values, place),
        close_on=_date(values, "close_on", place),
        next_step_on=_date(values, "next_step_on", place),
        created_at=_moment(values, "created_at", place),
        stage_since=_moment(values, "stage_since", place),
        tags=tuple(_text({"tags": tag}, "tags", place, 100, is_needed=True) for tag in tags),
        contacts=tuple(_person(each, f"{place}.contacts[{number}]") for number, each in enumerate(people)),
        checklist=tuple(_step(each, f"{place}.checklist[{number}]") for number, each in enumerate(steps)),
        **texts,
    )


_TEXTS: Final = {
    "source": 100,
    "kind": 100,
    "rejection": 100,
    "rejection_note": 1_000,
    "owner": 254,
    "next_step": 300,
    "products": 10_000,
    "note": 100_000,
}


def _whom(row: Any, place: str) -> Whom:
    values = _row(row, place, Whom)
    if values.get("kind") not in ("customer", "lead"):
        raise UnreadablePipeline(f"{place}.kind")
    name = _text(values, "name", place, 300, is_needed=True)
    return Whom(kind=values["kind"], id=_id(values, place), number=_text(values, "number", place, 40), name=name)


def _person(row: Any, place: str) -> PersonContent:
    values = _row(row, place, PersonContent)
    return PersonContent(
        name=_text(values, "name", place, 300, is_needed=True),
        email=_text(values, "email", place, 320),
        role=_text(values, "role", place, 100),
        id=_id(values, place),
    )


def _step(row: Any, place: str) -> StepContent:
    values = _row(row, place, StepContent)
    return StepContent(text=_text(values, "text", place, 300, is_needed=True), is_done=_yes(values, "is_done", place))


def _row(row: Any, place: str, kind: type[Any]) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise UnreadablePipeline(place, "missing")
    unknown = set(row) - {field.name for field in fields(kind)}
    if unknown:
        raise UnreadablePipeline(f"{place}.{min(unknown)}"[:200], "unknown_field")
    return row


def _rows(rows: Any, place: str, most: int) -> Sequence[Any]:
    if rows is None:
        return ()
    if not isinstance(rows, list):
        raise UnreadablePipeline(place)
    if len(rows) > most:
        raise UnreadablePipeline(place, "too_many")
    return rows


def _text(values: Mapping[str, Any], name: str, place: str, most: int, *, is_needed: bool = False) -> str:
    text = values.get(name, "")
    if not isinstance(text, str) or len(text) > most or "\x00" in text:
        raise UnreadablePipeline(f"{place}.{name}")
    if is_needed and not text.strip():
        raise UnreadablePipeline(f"{place}.{name}", "missing")
    return text


def _uid(values: Mapping[str, Any], place: str) -> str:
    try:
        return str(UUID(_text(values, "uid", place, 40)))
    except ValueError:
        raise UnreadablePipeline(f"{place}.uid") from None


def _id(values: Mapping[str, Any], place: str) -> int | None:
    number = values.get("id")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63):
        raise UnreadablePipeline(f"{place}.id")
    return number


def _yes(values: Mapping[str, Any], name: str, place: str) -> bool:
    value = values.get(name, False)
    if not isinstance(value, bool):
        raise UnreadablePipeline(f"{place}.{name}")
    return value


def _decimal(values: Mapping[str, Any], name: str, place: str) -> Decimal:
    text = values.get(name, "0" if name != "quantity" else "1")
    try:
        number = Decimal(text) if isinstance(text, (str, int)) and not isinstance(text, bool) else text
        fits = isinstance(number, Decimal) and number.is_finite() and abs(number) < MOST and number == number.quantize(STEP)
    except InvalidOperation:
        fits = False
    if not fits:
        raise UnreadablePipeline(f"{place}.{name}")
    return number


def _currency(values: Mapping[str, Any], place: str) -> str:
    code = values.get("currency", "EUR")
    if not isinstance(code, str) or not _CURRENCY.match(code):
        raise UnreadablePipeline(f"{place}.currency")
    return code


def _probability(values: Mapping[str, Any], place: str) -> int | None:
    number = values.get("probability")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 100):
        raise UnreadablePipeline(f"{place}.probability")
    return number


def _date(values: Mapping[str, Any], name: str, place: str) -> date | None:
    text = values.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise UnreadablePipeline(f"{place}.{name}") from None


def _moment(values: Mapping[str, Any], name: str, place: str) -> datetime | None:
    text = values.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise UnreadablePipeline(f"{place}.{name}") from None
    if at.tzinfo is None:
        raise UnreadablePipeline(f"{place}.{name}")
    return at
