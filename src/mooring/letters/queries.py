"""Reading letters for pages: those of a record, of a contact, of a conversation. Each with a fixed number of queries.

Everything here asks letters.visibility first; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q

from mooring.customers.models import Contact, EmailAddress, PortalUser
from mooring.letters.link_rows import ends_of
from mooring.letters.linking import Linkable, kind_of
from mooring.letters.models import Delivery, Letter, Link, Participant, SharedLetter
from mooring.letters.paging import PAGE_SIZE, Page, Window, page_of
from mooring.letters.visibility import visible_deliveries, visible_letters, visible_links
from mooring.users.models import User
from mooring.users.scoping import has_any

MOST_IN_THREAD: Final = 200
MOST_COUNTED: Final = 1_000
"""Counts stop here: “1,000+”."""


@dataclass(frozen=True, slots=True)
class PrivateFact:
    """That there was a letter, and nothing else of it."""

    at: datetime
    position: int


def letters_of(
    *, record: Linkable, reader: User, cursor: str = "", size: int = PAGE_SIZE, with_attachments: bool = False
) -> Page[Link]:
    """A page of the record's letters, newest first: their links, which say why, with `link.letter`. One query.

    `with_attachments`: only letters that brought something along.
    """
    readable = visible_letters(reader).filter(pk=OuterRef("letter_id"))
    links = Link.objects.filter(Exists(readable), removed_at=None, **{kind_of(record): record})
    if with_attachments:
        links = links.filter(letter__attachment_count__gt=0)
    links = links.select_related("letter", "created_by")
    return page_of(links, cursor=cursor, size=size, position=lambda link: link.position)


def moments_of(*, record: Linkable, reader: User, cursor: str = "", size: int = PAGE_SIZE) -> list[Letter | PrivateFact]:
    """The record's letters newest first; of private ones that the reader may not read only that there were any. One query."""
    window = Window.of(cursor)
    readable = visible_letters(reader).filter(pk=OuterRef("letter_id"))
    links = Link.objects.filter(removed_at=None, **{kind_of(record): record}).annotate(is_readable=Exists(readable))
    told = links.filter(Q(is_readable=True) | Q(letter__is_private=True)).filter(**window.bounds())
    rows = told.select_related("letter").order_by(window.order)[:size]
    return [row.letter if row.is_readable else PrivateFact(row.letter.at, row.position) for row in rows]


def letter_count_of(*, record: Linkable, reader: User) -> int:
    """How many letters of the record the reader may see, counted up to MOST_COUNTED + 1."""
    readable = visible_letters(reader).filter(pk=OuterRef("letter_id"))
    links = Link.objects.filter(Exists(readable), removed_at=None, **{kind_of(record): record})
    return links.order_by()[: MOST_COUNTED + 1].count()


def letters_with(*, contact: Contact, reader: User, cursor: str = "", size: int = PAGE_SIZE) -> Page[Letter]:
    """A page of the letters that one of the contact's addresses stands in, newest first."""
    keys = EmailAddress.objects.filter(contact=contact).values("key")
    people = Participant.objects.filter(key__in=keys, counts=True).values("letter_id")
    letters = visible_letters(reader).filter(pk__in=people)
    return page_of(letters, cursor=cursor, size=size, position=lambda letter: letter.position)


def thread_of(*, letter: Letter, reader: User) -> list[Letter]:
    """The visible letters of the conversation, oldest first; of a very long one the newest."""
    if letter.thread_id is None:
        return [letter]
    letters = visible_letters(reader).filter(thread_id=letter.thread_id).select_related("original")
    return list(letters.order_by("-position")[:MOST_IN_THREAD])[::-1]


def conversation_around(*, letter_id: int, reader: User) -> list[Letter]:
    """The conversation that the letter is in, oldest first; nothing where the reader may not read this very letter.

    One query, two where the conversation is longer than what is shown of it or the letter stands alone.
    """
    letters = visible_letters(reader).select_related("original")
    thread = Letter.objects.unscoped("asked for its conversation alone").filter(pk=letter_id).values("thread_id")
    found = list(letters.filter(thread_id__in=thread).order_by("-position")[:MOST_IN_THREAD])[::-1]
    if any(letter.pk == letter_id for letter in found):
        return found
    alone = letters.filter(pk=letter_id).first()
    return [] if alone is None else [alone, *found]


def deliveries_of(*, letters: Collection[Letter], reader: User) -> dict[int, list[Delivery]]:
    """Where the letters lie as far as the reader may know, by letter id. One query."""
    found: dict[int, list[Delivery]] = {letter.pk: [] for letter in letters}
    rows = visible_deliveries(reader).filter(letter_id__in=found).select_related("account").order_by("id")
    for row in rows:
        found[row.letter_id].append(row)
    return found


_IN_THE_PORTAL: Final = {
    "has_portal": Exists(PortalUser.objects.filter(customer=OuterRef("customer"))),
    "is_shared": Exists(SharedLetter.objects.filter(letter=OuterRef("letter"), customer=OuterRef("customer"))),
}


def links_of(*, letters: Collection[Letter], reader: User, with_removed: bool = False) -> dict[int, list[Link]]:
    """The letters' links to records that the reader may see, by letter id, the tombstones too if wanted. Few queries.

    Those to customers say whether these have portal users, and whether the portal shows them the letter.
    """
    found: dict[int, list[Link]] = {letter.pk: [] for letter in letters}
    links = visible_links(reader, with_removed=with_removed).filter(letter_id__in=found)
    links = links.annotate(**_IN_THE_PORTAL)
    for link in links.select_related("customer", "lead", "project", "created_by", "removed_by").order_by("id"):
        found[link.letter_id].append(link)
    return found


def links_around(*, letter: Letter, reader: User) -> list[Link]:
    """Links by which other visible letters of the conversation belong to records that this one has nothing to do with.

    One for each record; none to a record that this letter was taken off. At most one query.
    """
    if letter.thread_id is None:
        return []
    readable = visible_letters(reader).filter(pk=OuterRef("letter_id"))
    links = visible_links(reader, with_removed=True).filter(has_any(readable), letter__thread_id=letter.thread_id)
    rows = list(links.select_related("customer", "lead", "project").order_by("-position", "-id")[:MOST_IN_THREAD])
    known = {ends_of(row)[1:] for row in rows if row.letter_id == letter.pk}
    found = {ends_of(row)[1:]: row for row in rows if row.removed_at is None and ends_of(row)[1:] not in known}
    return list(found.values())
