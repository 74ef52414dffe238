"""Keeping the lists: entries added, renamed, coloured, ordered, retired and brought back; customers moved between industries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet, Value
from django.utils.translation import gettext as _

from mooring.customers.checking import line
from mooring.customers.models import (
    Category,
    Colour,
    ContactRole,
    Customer,
    CustomerStatus,
    Industry,
    IndustryMove,
    ListEntry,
    OrderedEntry,
    Source,
    Tag,
)
from mooring.users.journal import Actor, record

Entry = TypeVar("Entry", bound=ListEntry)
Ordered = TypeVar("Ordered", bound=OrderedEntry)

KINDS: Final[tuple[type[ListEntry], ...]] = (Source, Category, Industry, ContactRole, CustomerStatus, Tag)
UNDO_LASTS: Final = timedelta(days=30)
"""So long a move between industries can be undone."""
MOST_MOVES: Final = 20
_WHY: Final = "an administrator moves the customers of everybody"


class UnableToKeepList(Exception):
    """Nothing was written; `field` is where the text, fit for the user, belongs."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryData:
    """What is entered about an entry; the last two are for categories only."""

    name: str
    colour: str = Colour.GREY.value
    is_of_customers: bool = True
    is_of_contacts: bool = True


def add_entry(*, kind: type[Entry], data: EntryData, by: Actor, now: datetime) -> Entry:
    """At the end of its list. Raises UnableToKeepList."""
    values = _checked(kind, data)
    last: int | None = _all(kind).aggregate(last=Max("place"))["last"]
    with transaction.atomic():
        entry = kind(place=0 if last is None else last + 1, **values)
        save_entry(entry)
        _note(entry, action="added", changes={}, by=by, now=now)
    return entry


def change_entry(*, entry: Entry, data: EntryData, by: Actor, now: datetime) -> Entry:
    """Renamed everywhere at once, since records name the entry and not its word. Raises UnableToKeepList."""
    values = _checked(type(entry), data)
    before = {name: getattr(entry, name) for name in values}
    changes = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    if not changes:
        return entry
    with transaction.atomic():
        for name, value in values.items():
            setattr(entry, name, value)
        save_entry(entry)
        _note(entry, action="changed", changes=changes, by=by, now=now)
    return entry


def retire_entry(*, entry: Ordered, by: Actor, now: datetime) -> Ordered:
    """Not offered any more; what has it keeps it."""
    return _change(entry, retired_at=now, action="retired", by=by, now=now)


def bring_back_entry(*, entry: Ordered, by: Actor, now: datetime) -> Ordered:
    """Offered again."""
    return _change(entry, retired_at=None, action="brought_back", by=by, now=now)


def order_entries(*, kind: type[Ordered], ids: Sequence[int], by: Actor, now: datetime) -> None:
    """Put the entries in this order; those not named keep theirs behind them."""
    entries = {entry.pk: entry for entry in _all(kind)}
    wanted = [entries.pop(pk) for pk in dict.fromkeys(ids) if pk in entries] + list(entries.values())
    with transaction.atomic():
        moved = [entry for place, entry in enumerate(wanted) if entry.place != place]
        for place, entry in enumerate(wanted):
            entry.place = place
        if moved:
            _all(kind).bulk_update(moved, ["place"])
            names = [entry.name for entry in wanted]
            record(by=by, action="ordered", kind=_kind_of(kind), record_id=None, name="", changes={"order": names}, now=now)


def move_customers(*, old: Industry, new: Industry, by: Actor, now: datetime) -> IndustryMove:
    """Give all customers of one industry another one, archived ones too. Raises UnableToKeepList when none is to be moved."""
    if old == new:
        raise UnableToKeepList("new", _("Choose another industry than the one the customers are in."))
    with transaction.atomic():
        move = IndustryMove.objects.create(old=old, new=new, moved_by=by.user, moved_at=now)
        customers = Customer.objects.unscoped(_WHY).filter(industry=old)
        earlier = set(customers.exclude(moved_in=None).order_by().values_list("moved_in", flat=True))
        for previous in earlier:
            part = IndustryMove.objects.create(old=old, new=new, moved_at=now, part_of=move, previous_id=previous)
            move.customer_count += customers.filter(moved_in=previous).update(industry=new, moved_in=part, changed_at=now)
        move.customer_count += customers.update(industry=new, moved_in=move, changed_at=now)
        if not move.customer_count:
            raise UnableToKeepList("old", _("No customer is in the industry “%(name)s”.") % {"name": old})
        move.save(update_fields=["customer_count"])
        changes = {"to": new.name, "count": move.customer_count, "move": move.pk}
        record(by=by, action="customers_moved", kind="industry", record_id=old.pk, name=old.name, changes=changes, now=now)
    return move


def undo_move(*, move: IndustryMove, by: Actor, now: datetime) -> int:
    """Back into the industry they were in, but for those that were given another since; how many. Raises UnableToKeepList."""
    if now - move.moved_at > UNDO_LASTS:
        raise UnableToKeepList("", _("A move can be undone for %(days)d days.") % {"days": UNDO_LASTS.days})
    with transaction.atomic():
        if not IndustryMove.objects.filter(pk=move.pk, undone_at=None).update(undone_at=now):
            raise UnableToKeepList("", _("This move was undone already."))
        count = sum(_bring_back(step, now=now) for step in (move, *move.parts.all()))
        changes = {"to": move.old.name, "count": count, "move": move.pk}
        record(by=by, action="move_undone", kind="industry", record_id=move.old_id, name=move.old.name, changes=changes, now=now)
    return count


def _bring_back(step: IndustryMove, *, now: datetime) -> int:
    """Undo a move or a part of it; moves that went on from there go back further from now on. How many customers came back."""
    customers = Customer.objects.unscoped(_WHY)
    count = customers.filter(moved_in=step).update(industry=step.old, moved_in=step.previous, changed_at=now)
    for follower in step.followers.all():
        if follower.new_id == step.old_id:  # they went on to where they had come from
            customers.filter(moved_in=follower).update(moved_in=step.previous)
            follower.followers.update(previous=step.previous)
            follower.delete()
        else:
            follower.old, follower.previous = step.old, step.previous
            follower.save(update_fields=["old", "previous"])
    return count


def all_entries() -> dict[type[ListEntry], list[ListEntry]]:
    """The entries of every list in their order, retired ones too. One query."""
    lists = [
        kind._default_manager.order_by().values_list(Value(number), "place", "name", "pk", "colour", "retired_at")
        for number, kind in enumerate(KINDS)
    ]
    found: dict[type[ListEntry], list[ListEntry]] = {kind: [] for kind in KINDS}
    for number, place, name, pk, colour, retired_at in sorted(lists[0].union(*lists[1:], all=True), key=itemgetter(0, 1, 2, 3)):
        kind = KINDS[number]
        found[kind].append(kind(pk=pk, name=name, colour=colour, place=place, retired_at=retired_at))
    return found


def recent_moves(*, now: datetime) -> list[IndustryMove]:
    """Those that can still be undone, and those that were, newest first."""
    moves = IndustryMove.objects.filter(part_of=None, moved_at__gte=now - UNDO_LASTS).select_related("old", "new", "moved_by")
    return list(moves[:MOST_MOVES])


def count_in_industry(industry: Industry) -> int:
    """How many customers a move would take along."""
    return Customer.objects.unscoped(_WHY).filter(industry=industry).count()


def offered(kind: type[Entry], *, besides: Iterable[ListEntry | None] = ()) -> QuerySet[Entry]:
    """The entries that a form offers, in their order: those in use, and those that a record has already."""
    known = [entry.pk for entry in besides if entry is not None]
    return _all(kind).filter(Q(retired_at=None) | Q(pk__in=known))


def demand_name(text: str) -> str:
    """The name of an entry, tidied. Raises UnableToKeepList."""
    name = line(text)
    if not name:
        raise UnableToKeepList("name", _("Enter a name."))
    if len(name) > 120:
        raise UnableToKeepList("name", _("Enter at most %(most)d characters.") % {"most": 120})
    return name


def _checked(kind: type[ListEntry], data: EntryData) -> dict[str, Any]:
    name = demand_name(data.name)
    if data.colour not in Colour.values:
        raise UnableToKeepList("colour", _("Choose one of the colours."))
    values: dict[str, Any] = {"name": name, "colour": data.colour}
    if kind is Tag and set(name) & set(",;"):
        raise UnableToKeepList("name", _("A tag has no comma or semicolon."))
    if kind is Category:
        if not (data.is_of_customers or data.is_of_contacts):
            raise UnableToKeepList("is_of_customers", _("Show the category on companies, on contacts, or on both."))
        values |= {"is_of_customers": data.is_of_customers, "is_of_contacts": data.is_of_contacts}
    return values


def save_entry(entry: OrderedEntry) -> None:
    """Raises UnableToKeepList where another one has its name."""
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:
        raise UnableToKeepList("name", _("There is an entry “%(name)s” already.") % {"name": entry.name}) from error


def _change(entry: Ordered, *, retired_at: datetime | None, action: str, by: Actor, now: datetime) -> Ordered:
    if (entry.retired_at is None) is (retired_at is None):
        return entry
    with transaction.atomic():
        entry.retired_at = retired_at
        entry.save(update_fields=["retired_at"])
        _note(entry, action=action, changes={}, by=by, now=now)
    return entry


def _all(kind: type[Ordered]) -> QuerySet[Ordered]:
    return kind._default_manager.all()


def _kind_of(kind: type[OrderedEntry]) -> str:
    """The word of the journal: source, category, industry, contactrole, customerstatus, infofield, opportunitykind, rejection."""
    return kind.__name__.lower()


def _note(entry: OrderedEntry, *, action: str, changes: dict[str, Any], by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind=_kind_of(type(entry)), record_id=entry.pk, name=entry.name, changes=changes, now=now)
