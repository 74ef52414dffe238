"""Reading letters for pages: those of a record, of a conversation, of an account. Each with a fixed number of queries.

Everything here asks letters.visibility first; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from mooring.customers.models import Contact, EmailAddress
from mooring.letters.linking import Linkable, kind_of
from mooring.letters.models import Delivery, Folder, Letter, Link, MailAccount, Participant
from mooring.letters.paging import PAGE_SIZE, Page, Window, page_of
from mooring.letters.visibility import (
    accounts_read_by,
    in_read_accounts,
    visible_deliveries,
    visible_letters,
    visible_links,
)
from mooring.users.models import User

MOST_IN_THREAD: Final = 200
MOST_COUNTED: Final = 1_000
"""Counts stop here: “1,000+”."""


@dataclass(frozen=True, slots=True)
class FolderCount:
    """How many unread letters lie in a folder, at most MOST_COUNTED + 1."""

    folder: Folder
    unread_count: int


def letters_of(*, record: Linkable, reader: User, cursor: str = "", size: int = PAGE_SIZE) -> Page[Link]:
    """A page of the record's letters, newest first: their links, which say why, with `link.letter`. One query."""
    readable = visible_letters(reader).filter(pk=OuterRef("letter_id"))
    links = Link.objects.filter(Exists(readable), removed_at=None, **{kind_of(record): record})
    links = links.select_related("letter", "created_by")
    return page_of(links, cursor=cursor, size=size, position=lambda link: link.position)


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
    letters = visible_letters(reader).filter(thread_id=letter.thread_id).select_related("text")
    return list(letters.order_by("-position")[:MOST_IN_THREAD])[::-1]


def letters_in(
    *,
    reader: User,
    account: MailAccount | None = None,
    folder: Folder | None = None,
    is_unread: bool = False,
    cursor: str = "",
    size: int = PAGE_SIZE,
) -> Page[Delivery]:
    """A page of the reader's mailboxes, newest first, each letter once with `delivery.letter`: a folder, one account,
    or all Main accounts, with one query for each. Letters gone from the server are not in the mailbox any more."""
    window = Window.of(cursor)
    accounts = [account.pk] if account is not None else list(_main_accounts(reader).values_list("pk", flat=True))
    places: list[Q] = [Q(folder=folder)] if folder is not None else [Q(account_id=each) for each in accounts]
    found: list[Delivery] = []
    for place in places if reader.is_active else ():
        rows = Delivery.objects.filter(place, in_read_accounts(reader), gone_since=None, **window.bounds())
        rows = rows.filter(is_seen=False) if is_unread else rows
        rows = rows if folder is not None else rows.filter(~Exists(_twin(accounts)))
        found += rows.select_related("letter").order_by(window.order)[: size + 1]
    found.sort(key=lambda delivery: delivery.position, reverse=not window.is_upwards)
    return window.page(found[: size + 1], size=size, position=lambda delivery: delivery.position)


def folder_counts(*, reader: User) -> list[FolderCount]:
    """The folders of the Main accounts that the reader reads with their unread letters, two queries."""
    folders = Folder.objects.filter(account__in=_main_accounts(reader), missing_since=None, is_synced=True)
    rows = list(folders.select_related("account").order_by("account__address", "account_id", "path", "id"))
    counts = _unread_counts([row.pk for row in rows])
    return [FolderCount(row, counts.get(row.pk, 0)) for row in rows]


def deliveries_of(*, letters: Collection[Letter], reader: User) -> dict[int, list[Delivery]]:
    """Where the letters lie as far as the reader may know, by letter id. One query."""
    found: dict[int, list[Delivery]] = {letter.pk: [] for letter in letters}
    rows = visible_deliveries(reader).filter(letter_id__in=found).select_related("account").order_by("id")
    for row in rows:
        found[row.letter_id].append(row)
    return found


def links_of(*, letters: Collection[Letter], reader: User, with_removed: bool = False) -> dict[int, list[Link]]:
    """The letters' links to records that the reader may see, by letter id, the tombstones too if wanted. Few queries."""
    found: dict[int, list[Link]] = {letter.pk: [] for letter in letters}
    links = visible_links(reader, with_removed=with_removed).filter(letter_id__in=found)
    for link in links.select_related("customer", "lead", "project", "created_by", "removed_by").order_by("id"):
        found[link.letter_id].append(link)
    return found


def _main_accounts(reader: User) -> QuerySet[MailAccount]:
    return accounts_read_by(reader).filter(is_main=True, removed_at=None)


def _twin(account_ids: list[int]) -> QuerySet[Delivery]:
    """Another delivery of the same letter that is shown in its stead."""
    twins = Delivery.objects.filter(letter=OuterRef("letter_id"), pk__lt=OuterRef("pk"))
    return twins.filter(account_id__in=account_ids, gone_since=None)


def _unread_counts(folder_ids: list[int]) -> dict[int, int]:
    if not folder_ids:
        return {}
    marks = ", ".join(["%s"] * len(folder_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT folder.id, (SELECT count(*) FROM (SELECT 1 FROM letters_delivery WHERE folder_id = folder.id "  # noqa: S608
            f"AND NOT is_seen AND gone_since IS NULL LIMIT {MOST_COUNTED + 1}) AS counted) "
            f"FROM letters_folder AS folder WHERE folder.id IN ({marks})",
            folder_ids,
        )
        return dict(cursor.fetchall())
