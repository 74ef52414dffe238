"""One's mailboxes as a list of conversations, newest first: each stands where its newest letter stands.

A page is one walk through the index of a folder or account, whatever lies below it; what a conversation holds is asked for the
conversations of the page alone. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from mooring.customers.value_lists import any_of
from mooring.letters.arrivals import position_of
from mooring.letters.handling import assigned_to
from mooring.letters.mailboxes import Place
from mooring.letters.models import Delivery, Direction, Letter, Participant
from mooring.letters.paging import PAGE_SIZE, Page, Window
from mooring.letters.read_marks import is_unread_for, marks_of
from mooring.letters.search import newest_with
from mooring.letters.visibility import few_own_positions
from mooring.mail.addresses import match_key
from mooring.users.models import User
from mooring.users.scoping import has_any, has_none

MOST_GATHERED: Final = 200
"""So many letters of a conversation are counted and named, the newest."""
MOST_NAMED: Final = 3
_MOST_FEW: Final = 2_000
_WHY: Final = "their deliveries are limited to the reader's mailboxes"


@dataclass(frozen=True, slots=True)
class MailboxFilters:
    """What a list of letters is narrowed to. `since` is included, `before` is not."""

    is_unread: bool = False
    has_attachment: bool = False
    is_linked: bool | None = None
    is_private: bool = False
    is_mine: bool = False
    """Given to the reader by a team."""
    sender: str = ""
    since: datetime | None = None
    before: datetime | None = None


class Member(NamedTuple):
    """A letter of a conversation at one place of one's mailboxes."""

    thread_id: int
    letter_id: int
    delivery_id: int
    account_id: int
    from_name: str
    from_address: str
    attachment_count: int
    is_linked: bool
    is_ours: bool
    is_unread: bool
    is_private: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """A line of the list: its newest letter here, and what the whole conversation holds, oldest letter first."""

    delivery: Delivery
    members: list[Member] = field(default_factory=list)

    @property
    def letter(self) -> Letter:
        return self.delivery.letter

    @property
    def letter_count(self) -> int:
        return len({member.letter_id for member in self.members}) or 1

    @property
    def is_unread(self) -> bool:
        return any(member.is_unread for member in self.members) if self.members else self.delivery.is_unread

    @property
    def has_attachments(self) -> bool:
        return self.letter.attachment_count > 0 or any(member.attachment_count for member in self.members)

    @property
    def people(self) -> list[str]:
        """The writers by their names, who wrote first standing first; "" stands for us."""
        names = ["" if member.is_ours else member.from_name or member.from_address for member in self.members]
        return list(dict.fromkeys(names))


def conversations_in(
    *, place: Place, filters: MailboxFilters | None = None, cursor: str = "", size: int = PAGE_SIZE
) -> Page[Conversation]:
    """A page of conversations; two queries."""
    page = _deliveries(place, filters or MailboxFilters(), cursor, size, is_single=False)
    members = members_of(thread_ids=[row.letter.thread_id for row in page.rows if row.letter.thread_id], place=place)
    rows = [Conversation(row, members.get(row.letter.thread_id or 0, [])) for row in page.rows]
    return Page(rows, page.next, page.previous)


def letters_in(
    *, place: Place, filters: MailboxFilters | None = None, cursor: str = "", size: int = PAGE_SIZE
) -> Page[Conversation]:
    """A page of single letters, each once; one query."""
    page = _deliveries(place, filters or MailboxFilters(), cursor, size, is_single=True)
    return Page(_single(page.rows, place), page.next, page.previous)


def found_in(
    *, place: Place, filters: MailboxFilters, text: str, reader: User, cursor: str = "", size: int = PAGE_SIZE
) -> Page[Conversation]:
    """A page of the single letters of a place that hold the words. At most seven queries."""
    window = Window.of(cursor)
    letters = Letter.objects.unscoped(_WHY).filter(has_any(_listed(place, filters).filter(letter=OuterRef("pk"))))
    found = newest_with(letters, text=text, window=window, most=size + 1, few=few_own_positions(reader))
    page = window.page(found, size=size, position=lambda letter: letter.position)
    places = _listed(place, filters).filter(letter__in=[letter.pk for letter in page.rows]).select_related("letter")
    first = {row.letter_id: row for row in places.order_by("-pk")}
    found_places = [first[letter.pk] for letter in page.rows if letter.pk in first]
    return Page(_single(found_places, place), page.next, page.previous)


def _single(rows: Sequence[Delivery], place: Place) -> list[Conversation]:
    marks = marks_of(place=place, letter_ids=[row.letter_id for row in rows if row.account_id in place.team_ids])
    for row in rows:
        row.is_unread = marks.get(row.letter_id, row.is_unread)
    return [Conversation(row) for row in rows]


def newer_count(*, place: Place, than: int, most: int) -> int:
    """How many letters came to the place since the one at this position, counted up to `most`. One query."""
    newer = _alone(place, MailboxFilters()).filter(position__gt=than)
    return newer.order_by().values("letter_id").distinct()[:most].count()


def members_of(*, thread_ids: Collection[int], place: Place) -> dict[int, list[Member]]:
    """What of the conversations lies in the accounts of the place, in the bin apart, oldest letter first.

    One query, two where one of the accounts is a team's.
    """
    found: dict[int, list[Member]] = {}
    account_ids = place.account_ids
    if not thread_ids or not account_ids:
        return found
    marks = ", ".join(["%s"] * len(account_ids))
    arm = (
        "SELECT letter.thread_id, letter.id, delivery.id, delivery.account_id, letter.from_name, letter.from_address, "  # noqa: S608
        "letter.attachment_count, letter.is_linked, delivery.direction, delivery.is_unread, delivery.is_private, "
        "delivery.done_at, letter.position FROM letters_letter AS letter "
        "JOIN letters_delivery AS delivery ON delivery.letter_id = letter.id "
        f"WHERE letter.thread_id = %s AND +delivery.account_id IN ({marks}) AND delivery.binned_at IS NULL "
        f"ORDER BY letter.position DESC LIMIT {MOST_GATHERED}"
    )
    threads = list(dict.fromkeys(thread_ids))
    sql = " UNION ALL ".join(f"SELECT * FROM ({arm}) AS arm{number}" for number in range(len(threads)))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for thread in threads for value in (thread, *account_ids)])
        rows = cursor.fetchall()
    for *named, is_linked, direction, is_unread, is_private, done_at, _position in sorted(rows, key=_age):
        facts = (bool(is_linked), direction == Direction.OUTGOING, bool(is_unread), bool(is_private), done_at is not None)
        member = Member._make((*named, *facts))
        found.setdefault(member.thread_id, []).append(member)
    return _as_read_by_reader(found, place)


def _as_read_by_reader(found: dict[int, list[Member]], place: Place) -> dict[int, list[Member]]:
    of_team = [each.letter_id for members in found.values() for each in members if each.account_id in place.team_ids]
    marks = marks_of(place=place, letter_ids=of_team)
    if not marks:
        return found
    return {
        thread: [
            each._replace(is_unread=marks.get(each.letter_id, each.is_unread)) if each.account_id in place.team_ids else each
            for each in members
        ]
        for thread, members in found.items()
    }


def _age(row: tuple[Any, ...]) -> tuple[int, int]:
    """By position, and of one letter by its place."""
    return row[-1], row[2]


def _deliveries(place: Place, filters: MailboxFilters, cursor: str, size: int, *, is_single: bool) -> Page[Delivery]:
    window = Window.of(cursor)
    rows = _alone(place, filters) if is_single else _newest_of_each(place, filters)
    arms = [arm.filter(**window.bounds()).order_by(window.order, "pk").values("pk")[: size + 1] for arm in _arms(rows, place)]
    found = Delivery.objects.filter(pk__in=_any_arm(arms)).select_related("letter")
    ordered = found.order_by(window.order, "pk")[: size + 1]
    return window.page(list(ordered), size=size, position=lambda delivery: delivery.position)


def _arms(rows: QuerySet[Delivery], place: Place) -> list[QuerySet[Delivery]]:
    """One walk through an index for each folder, or for each account."""
    if place.folder_ids:
        return [rows.filter(folder_id=folder_id) for folder_id in place.folder_ids]
    return [rows.filter(account_id=account_id) for account_id in place.account_ids]


def _any_arm(arms: Sequence[QuerySet[Any, Any]]) -> RawSQL | list[int]:
    """The first rows of every walk in one statement; Django writes no such union for SQLite."""
    parts: list[tuple[str, tuple[Any, ...]]] = []
    for arm in arms:
        try:
            parts.append(arm.query.sql_with_params())
        except EmptyResultSet:
            continue
    if not parts:
        return []
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) AS arm{number}" for number, (part, _params) in enumerate(parts))  # noqa: S608
    return RawSQL(sql, [value for _part, params in parts for value in params])  # noqa: S611  # SQL that Django wrote


def _newest_of_each(place: Place, filters: MailboxFilters) -> QuerySet[Delivery]:
    """Of each conversation its newest letter that the list would show."""
    here = _listed(place, filters)
    newer = Letter.objects.unscoped(_WHY).filter(thread=OuterRef("letter__thread"), position__gt=OuterRef("position"))
    shown = newer.filter(has_any(here.filter(letter=OuterRef("pk"))))
    return _alone(place, filters).filter(has_none(shown))


def _alone(place: Place, filters: MailboxFilters) -> QuerySet[Delivery]:
    """Of the places where one letter lies, the first."""
    here = _listed(place, filters)
    return here.filter(has_none(here.filter(letter=OuterRef("letter_id"), pk__lt=OuterRef("pk"))))


def _listed(place: Place, filters: MailboxFilters) -> QuerySet[Delivery]:
    """The rows of the place, looked up letter by letter: "+ 0" keeps SQLite from walking a whole account or folder for each."""
    rows = Delivery.objects.alias(in_account=F("account_id") + 0).filter(in_account__in=place.account_ids)
    if place.folder_ids:
        rows = rows.alias(in_folder=F("folder_id") + 0).filter(in_folder__in=place.folder_ids)
    rows = rows.filter(binned_at__isnull=False) if place.is_bin else rows.filter(binned_at=None, gone_since=None)
    if place.hides_done:
        rows = rows.filter(done_at=None)
    return rows.filter(_condition(place, filters)) if filters != MailboxFilters() else rows


def _condition(place: Place, filters: MailboxFilters) -> Q:
    condition = Q()
    if filters.is_unread:
        condition &= is_unread_for(place)
    if filters.is_private:
        condition &= Q(is_private=True)
    if filters.is_mine:
        condition &= assigned_to(place.reader_id)
    if filters.has_attachment:
        condition &= Q(letter__attachment_count__gt=0)
    if filters.is_linked is not None:
        condition &= Q(letter__is_linked=filters.is_linked)
    if filters.since is not None:
        condition &= Q(position__gte=position_of(filters.since, tie=0))
    if filters.before is not None:
        condition &= Q(position__lte=position_of(filters.before, tie=0) - 1)
    return condition & _written_by(filters.sender) if filters.sender else condition


def _written_by(sender: str) -> Q:
    """Letters from an address, or from anybody at a domain. Where there are few they are looked up one by one."""
    key, domain = match_key(sender), sender.strip().lower().removeprefix("@")
    names = {"key": key} if key else {"domain": domain}
    people = Participant.objects.filter(role="from", **names).order_by()
    few = list(people.values_list("letter_id", flat=True)[: _MOST_FEW + 1])
    if len(few) <= _MOST_FEW:
        return Q(letter_id__in=any_of(few))
    return has_any(people.filter(letter=OuterRef("letter_id")))
