"""What people say of an opportunity before anything is written, made fit to be stored or refused in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from mooring.customers.checking import tidy_tags
from mooring.customers.models import Contact, ContactRole, Customer, Lead, Source
from mooring.customers.record_data import TagData, UnableToSave
from mooring.customers.tagging import known_tags, tags_of
from mooring.sales.models import Opportunity, OpportunityKind, Rejection, Stage
from mooring.sales.money import CURRENCIES, MOST, STEP, amount_of, weighted
from mooring.users.models import User

MOST_LINES: Final = 200
_TEXTS: Final = {"title": 300, "next_step": 300, "rejection_note": 1_000, "products": 10_000, "note": 100_000}
_NUMBERS: Final = ("price", "quantity", "discount")


class UnableToSell(Exception):
    """The opportunity stands as it was. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInSale:
    """A contact, and as what they take part."""

    contact: Contact
    role: ContactRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One line of the checklist."""

    text: str
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityData:
    """`whom` is needed; without a `probability` that of the stage counts."""

    title: str
    whom: Customer | Lead | None
    price: Decimal = Decimal(0)
    quantity: Decimal = Decimal(1)
    discount: Decimal = Decimal(0)
    currency: str = "EUR"
    probability: int | None = None
    close_on: date | None = None
    source: Source | None = None
    kind: OpportunityKind | None = None
    rejection: Rejection | None = None
    rejection_note: str = ""
    owner: User | None = None
    next_step: str = ""
    next_step_on: date | None = None
    products: str = ""
    note: str = ""
    tags: tuple[TagData, ...] = ()
    people: tuple[PersonInSale, ...] = ()
    checklist: tuple[ChecklistItem, ...] = ()


def checked(data: OpportunityData) -> OpportunityData:
    """Tidy, or UnableToSell."""
    texts: dict[str, Any] = {name: _tidy(name, getattr(data, name)) for name in _TEXTS}
    problems = {
        name: _("At most %(most)d characters.") % {"most": most} for name, most in _TEXTS.items() if len(texts[name]) > most
    }
    if not texts["title"]:
        problems["title"] = _("Say in a few words what may be sold.")
    if data.whom is None:
        problems["whom"] = _("Choose the customer or lead.")
    problems |= {
        name: _("This number is too large or has too many decimal places.") for name in _NUMBERS if not _fits(data, name)
    }
    if data.currency not in CURRENCIES:
        problems["currency"] = _("Choose a currency.")
    if data.probability is not None and not 0 <= data.probability <= 100:
        problems["probability"] = _("Probabilities go from 0 to 100 per cent.")
    if not problems and abs(_amount(data)) >= MOST:
        problems["price"] = _("The amount is too large.")
    people, checklist = _people(data.people), _checklist(data.checklist)
    if len(people) > MOST_LINES or len(checklist) > MOST_LINES:
        problems[""] = _("At most %(most)d contacts and %(most)d lines of a checklist.") % {"most": MOST_LINES}
    tags = tidy_tags(data.tags, problems)
    if problems:
        raise UnableToSell(problems)
    return replace(data, **texts, tags=tags, people=people, checklist=checklist)


def with_known_tags(data: OpportunityData, before: OpportunityData | None = None) -> OpportunityData:
    """The same with its tags spelt as the list has them. Raises UnableToSell."""
    try:
        return replace(data, tags=known_tags(data.tags, before.tags if before else ()))
    except UnableToSave as error:
        raise UnableToSell(error.problems) from error


def columns_of(data: OpportunityData, stage: Stage) -> dict[str, Any]:
    """What stands in the opportunity's own row, the amounts worked out."""
    names = (*_TEXTS, *_NUMBERS, "currency", "probability", "close_on", "source", "kind", "rejection", "owner", "next_step_on")
    amount = _amount(data)
    chance = stage.probability if data.probability is None else data.probability
    return {
        **{name: getattr(data, name) for name in names},
        "customer": data.whom if isinstance(data.whom, Customer) else None,
        "lead": data.whom if isinstance(data.whom, Lead) else None,
        "amount": amount,
        "weighted": weighted(amount, chance, data.currency),
    }


def data_of(opportunity: Opportunity) -> OpportunityData:
    """An opportunity as it stands, in the shape in which it is entered. Three queries unless its rows are there."""
    names = (*_TEXTS, *_NUMBERS, "currency", "probability", "close_on", "source", "kind", "rejection", "owner", "next_step_on")
    people = sorted(opportunity.contacts.all(), key=lambda row: row.pk)
    return OpportunityData(
        **{name: getattr(opportunity, name) for name in names},
        whom=opportunity.with_whom,
        tags=tags_of(opportunity),
        people=tuple(PersonInSale(contact=row.contact, role=row.role) for row in people),
        checklist=tuple(ChecklistItem(text=row.text, is_done=row.is_done) for row in opportunity.checklist.all()),
    )


def facts_of(data: OpportunityData) -> dict[str, Any]:
    """What the journal says of it: numbers and dates as texts, others by name."""
    facts: dict[str, Any] = {name: getattr(data, name) for name in ("title", "next_step", "rejection_note", "products", "note")}
    facts |= {name: str(getattr(data, name) or "") for name in ("whom", "source", "kind", "rejection", "owner")}
    facts |= {name: format(getattr(data, name).normalize(), "f") for name in _NUMBERS}
    facts |= {"currency": data.currency, "probability": "" if data.probability is None else data.probability}
    facts |= {name: getattr(data, name).isoformat() if getattr(data, name) else "" for name in ("close_on", "next_step_on")}
    facts["tags"] = [tag.name for tag in data.tags]
    facts["people"] = [f"{each.contact}, {each.role}" if each.role else str(each.contact) for each in data.people]
    facts["checklist"] = [f"{'✓' if each.is_done else '○'} {each.text}" for each in data.checklist]
    return facts


def _amount(data: OpportunityData) -> Decimal:
    return amount_of(price=data.price, quantity=data.quantity, discount=data.discount, currency=data.currency)


def _fits(data: OpportunityData, name: str) -> bool:
    number: Decimal = getattr(data, name)
    return number.is_finite() and abs(number) < MOST and number == number.quantize(STEP)


def _tidy(name: str, text: str) -> str:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    return text if name in ("products", "note") else " ".join(text.split())


def _people(people: Sequence[PersonInSale]) -> tuple[PersonInSale, ...]:
    """Each contact once."""
    return tuple({each.contact.pk: each for each in people}.values())


def _checklist(lines: Sequence[ChecklistItem]) -> tuple[ChecklistItem, ...]:
    tidy = (replace(each, text=" ".join(each.text.replace("\x00", "").split())[:300]) for each in lines)
    return tuple(each for each in tidy if each.text)
