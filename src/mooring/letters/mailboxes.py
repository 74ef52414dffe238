"""The reader's mailboxes as the module Email shows them: which accounts, which folders, how much is unread there.

Only accounts marked Main are shown. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from mooring.customers.value_lists import any_of
from mooring.letters.models import Delivery, Folder, Letter, MailAccount
from mooring.letters.visibility import accounts_read_by, in_read_accounts, in_written_accounts
from mooring.users.models import User

MOST_COUNTED: Final = 1_000
"""Counts stop here: “1,000+”."""


@dataclass(frozen=True, slots=True)
class FolderCount:
    """How many unread letters lie in a folder, at most MOST_COUNTED + 1."""

    folder: Folder
    unread_count: int


@dataclass(frozen=True, slots=True)
class Place:
    """What of one's mailboxes a list shows: folders, or whole accounts where no folder is named.

    Of accounts that are a team's (`team_ids`) each reader has marks of their own.
    """

    account_ids: tuple[int, ...]
    folder_ids: tuple[int, ...] = ()
    hides_done: bool = False
    is_bin: bool = False
    reader_id: int = 0
    team_ids: tuple[int, ...] = ()


def main_accounts(reader: User) -> QuerySet[MailAccount]:
    """The accounts whose letters the reader finds in the module Email."""
    return accounts_read_by(reader).filter(is_main=True, removed_at=None)


def everywhere(reader: User) -> Place:
    """All accounts whose letters the reader reads, Main or not, removed ones too. One query."""
    accounts = list(accounts_read_by(reader).values_list("pk", "is_team"))
    teams = tuple(pk for pk, is_team in accounts if is_team)
    return Place(tuple(pk for pk, _is_team in accounts), reader_id=reader.pk, team_ids=teams)


def own_deliveries(
    *,
    reader: User,
    letter_ids: Collection[int] | None = None,
    with_conversations: bool = False,
    must_write: bool = False,
) -> QuerySet[Delivery]:
    """Where letters lie in the reader's accounts: all, or these, with all others of their conversations if wanted.

    With `must_write` of a team's accounts only those that the reader may write from.
    """
    is_ours = in_written_accounts(reader, account="account") if must_write else in_read_accounts(reader)
    rows = Delivery.objects.filter(is_ours) if reader.is_active else Delivery.objects.none()
    if letter_ids is None:
        return rows
    ids = set(letter_ids)
    if with_conversations:
        letters = Letter.objects.unscoped("their deliveries are limited to the reader's mailboxes")
        threads = letters.filter(pk__in=any_of(ids), thread__isnull=False).values_list("thread_id", flat=True)
        ids |= set(letters.filter(thread_id__in=list(threads)).values_list("pk", flat=True))
    return rows.filter(letter_id__in=any_of(ids))


def folder_counts(*, reader: User) -> list[FolderCount]:
    """The folders of the reader's Main accounts with their unread letters, two queries."""
    folders = Folder.objects.filter(account__in=main_accounts(reader), missing_since=None, is_synced=True)
    rows = list(folders.select_related("account").order_by("account__address", "account_id", "path", "id"))
    counts = _unread_counts(rows, reader)
    return [FolderCount(row, counts.get(row.pk, 0)) for row in rows]


def inbox_of(folders: Sequence[Folder]) -> list[Folder]:
    """Where letters arrive among the folders of one account: its INBOX, else the folder of all letters, else every folder."""
    inbox = [folder for folder in folders if is_inbox(folder)]
    return inbox or [folder for folder in folders if folder.special_use == "all"] or list(folders)


def is_inbox(folder: Folder) -> bool:
    """INBOX is one name in any case (RFC 3501, section 5.1)."""
    return folder.path.upper() == "INBOX"


def all_inboxes(folders: Collection[Folder], *, reader: User) -> Place:
    """What arrived in any of the accounts and is not done."""
    accounts = {folder.account_id: [each for each in folders if each.account_id == folder.account_id] for folder in folders}
    inboxes = [folder for group in accounts.values() for folder in inbox_of(group)]
    return Place(
        tuple(accounts),
        tuple(folder.pk for folder in inboxes),
        hides_done=True,
        reader_id=reader.pk,
        team_ids=teams_among(folders),
    )


def teams_among(folders: Collection[Folder]) -> tuple[int, ...]:
    """The accounts of these folders that are a team's."""
    return tuple(sorted({folder.account_id for folder in folders if folder.account.is_team}))


def _unread_counts(folders: Sequence[Folder], reader: User) -> dict[int, int]:
    """By folder id; of a team's folder among its newest letters that its server calls unread, and those marked by the reader."""
    if not folders:
        return {}
    arms = [_count_of(folder) for folder in folders]
    params = [value for folder in folders for value in ((folder.pk, reader.pk) * 2 if folder.account.is_team else (folder.pk,))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(arms), params)
        return dict(zip((folder.pk for folder in folders), cursor.fetchone(), strict=True))


_UNREAD: Final = "folder_id = %s AND is_unread AND binned_at IS NULL AND gone_since IS NULL"


def _count_of(folder: Folder) -> str:
    most = f"LIMIT {MOST_COUNTED + 1}"
    if not folder.account.is_team:
        return f"(SELECT count(*) FROM (SELECT 1 FROM letters_delivery WHERE {_UNREAD} {most}) AS counted)"  # noqa: S608
    return (
        f"((SELECT count(*) FROM (SELECT letter_id FROM letters_delivery WHERE {_UNREAD} ORDER BY position DESC {most}) "  # noqa: S608
        "AS newest WHERE NOT EXISTS (SELECT 1 FROM letters_readmark AS mark "
        "WHERE mark.letter_id = newest.letter_id AND mark.user_id = %s AND mark.is_read)) + "
        "(SELECT count(*) FROM letters_delivery AS again JOIN letters_readmark AS mark ON mark.letter_id = again.letter_id "
        "WHERE again.folder_id = %s AND mark.user_id = %s AND NOT mark.is_read AND NOT again.is_unread "
        "AND again.binned_at IS NULL AND again.gone_since IS NULL))"
    )
