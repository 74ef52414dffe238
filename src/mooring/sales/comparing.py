"""What became of a pipeline between two versions: new, won, lost, reopened, moved, slipped, amount changed, taken out.

Pure: no database, no Django. The steps from the open amount before to the open amount after add up exactly, per currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple, Protocol

from mooring.sales.money import NOTHING
from mooring.sales.pipeline_content import StageContent, Whom

Kind = Literal["new", "won", "lost", "reopened", "moved", "slipped", "sooner", "amount", "removed"]
KINDS: Final[tuple[Kind, ...]] = ("new", "won", "lost", "reopened", "moved", "slipped", "sooner", "amount", "removed")
Step = Literal["new", "reopened", "more", "less", "won", "lost", "removed"]
STEPS: Final[tuple[Step, ...]] = ("new", "reopened", "more", "less", "won", "lost", "removed")


class ComparedSale(Protocol):
    """What is read of an opportunity, whole (sales.pipeline_content) or in short (sales.short_content)."""

    @property
    def uid(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def whom(self) -> Whom: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def close_on(self) -> date | None: ...


class ComparedPipeline(Protocol):
    """The same of a pipeline."""

    @property
    def stages(self) -> Sequence[StageContent]: ...
    @property
    def opportunities(self) -> Sequence[ComparedSale]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened to one opportunity; `before` and `after` are None where it was not there."""

    kind: Kind
    before: ComparedSale | None
    after: ComparedSale | None
    stage_before: StageContent | None = None
    stage_after: StageContent | None = None

    @property
    def opportunity(self) -> ComparedSale:
        """As it now is, or as it last was."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The way from the open amount before to that after, in one currency; steps down are negative."""

    currency: str
    before: Decimal
    steps: dict[Step, Decimal]
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """By how much one opportunity moved the open amount of a currency; steps down are negative."""

    step: Step
    currency: str
    amount: Decimal
    opportunity: ComparedSale
    """As it now is, or as it last was."""


class _Standing(NamedTuple):
    """An opportunity and its stage in one version."""

    opportunity: ComparedSale
    stage: StageContent
    is_open: bool


def changes_between(before: ComparedPipeline, after: ComparedPipeline) -> list[Change]:
    """What happened, by kind in the order of KINDS, then by title. One opportunity may be in several."""
    old, new = _standing(before), _standing(after)
    found: list[Change] = []
    for uid in {**old, **new}:
        was, now = old.get(uid), new.get(uid)
        found += [_change(kind, was, now) for kind in _kinds(was, now)]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), each.opportunity.title, each.opportunity.uid))


def waterfalls(before: ComparedPipeline, after: ComparedPipeline) -> list[Waterfall]:
    """One for each currency in which anything was or is open, in the order of the codes."""
    old, new = _standing(before), _standing(after)
    starts, ends = _open_amounts(old), _open_amounts(new)
    steps: dict[str, dict[Step, Decimal]] = {code: dict.fromkeys(STEPS, NOTHING) for code in sorted({**starts, **ends})}
    for uid in {**old, **new}:
        for code, step, amount in _steps(old.get(uid), new.get(uid)):
            steps[code][step] += amount
    return [
        Waterfall(currency=code, before=starts.get(code, NOTHING), steps=found, after=ends.get(code, NOTHING))
        for code, found in steps.items()
    ]


def steps_between(before: ComparedPipeline, after: ComparedPipeline) -> Iterator[StepTaken]:
    """What the waterfalls add up, opportunity by opportunity."""
    return _steps_taken(_standing(before), _standing(after))


def _steps_taken(old: dict[str, _Standing], new: dict[str, _Standing]) -> Iterator[StepTaken]:
    for uid in {**old, **new}:
        was, now = old.get(uid), new.get(uid)
        last = now or was
        assert last is not None
        for code, step, amount in _steps(was, now):
            yield StepTaken(step=step, currency=code, amount=amount, opportunity=last.opportunity)


def _standing(content: ComparedPipeline) -> dict[str, _Standing]:
    stages = {stage.uid: stage for stage in content.stages}
    found = ((each, stages[each.stage]) for each in content.opportunities)
    return {each.uid: _Standing(each, stage, stage.outcome == "open") for each, stage in found}


def _open_amounts(standing: dict[str, _Standing]) -> dict[str, Decimal]:
    """Currency -> what is open in it."""
    found: dict[str, Decimal] = {}
    for each in standing.values():
        if each.is_open:
            sale = each.opportunity
            found[sale.currency] = found.get(sale.currency, NOTHING) + sale.amount
    return found


def _kinds(was: _Standing | None, now: _Standing | None) -> Iterator[Kind]:
    if was is None or now is None:
        yield from _kinds_at_the_ends(was, now)
        return
    if was.stage.outcome != now.stage.outcome:
        yield _outcome_kind(now.stage.outcome)
    elif was.stage.uid != now.stage.uid:
        yield "moved"
    one, other = was.opportunity, now.opportunity
    if now.is_open and one.close_on and other.close_on and one.close_on != other.close_on:
        yield "slipped" if other.close_on > one.close_on else "sooner"
    if (one.amount, one.currency) != (other.amount, other.currency):
        yield "amount"


def _kinds_at_the_ends(was: _Standing | None, now: _Standing | None) -> Iterator[Kind]:
    if was is None and now is not None:
        yield "new"
        if not now.is_open:
            yield _outcome_kind(now.stage.outcome)
    elif was is not None:
        yield "removed"


def _outcome_kind(outcome: str) -> Kind:
    return "won" if outcome == "won" else "lost" if outcome == "lost" else "reopened"


def _change(kind: Kind, was: _Standing | None, now: _Standing | None) -> Change:
    return Change(
        kind=kind,
        before=was.opportunity if was else None,
        after=now.opportunity if now else None,
        stage_before=was.stage if was else None,
        stage_after=now.stage if now else None,
    )


def _steps(was: _Standing | None, now: _Standing | None) -> Iterator[tuple[str, Step, Decimal]]:
    """How one opportunity moved the open amounts. What changed its currency left in one and is new in the other."""
    was_open = was if was is not None and was.is_open else None
    now_open = now if now is not None and now.is_open else None
    if was_open is not None and now_open is not None and was_open.opportunity.currency == now_open.opportunity.currency:
        yield from _difference(was_open.opportunity, now_open.opportunity)
        return
    if was_open is not None:
        step: Step = "removed"
        if now is not None and now_open is None:
            step = "won" if now.stage.outcome == "won" else "lost"
        yield was_open.opportunity.currency, step, -was_open.opportunity.amount
    if now_open is not None:
        comes_back = was is not None and was_open is None
        yield now_open.opportunity.currency, "reopened" if comes_back else "new", now_open.opportunity.amount


def _difference(before: ComparedSale, after: ComparedSale) -> Iterator[tuple[str, Step, Decimal]]:
    difference = after.amount - before.amount
    if difference:
        yield after.currency, "more" if difference > 0 else "less", difference
