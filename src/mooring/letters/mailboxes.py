"""The reader's mailboxes as the module Email shows them: which accounts, which folders, how much is unread there.

Only accounts marked Main are shown. Nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from mooring.customers.value_lists import any_of
from mooring.letters.models import Delivery, Folder, Letter, MailAccount
from mooring.letters.models.account import in_a_team_of
from mooring.letters.visibility import accounts_read_by, in_read_accounts
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
    """What of one's mailboxes a list shows: folders, or whole accounts where no folder is named."""

    account_ids: tuple[int, ...]
    folder_ids: tuple[int, ...] = ()
    hides_done: bool = False
    is_bin: bool = False


def main_accounts(reader: User) -> QuerySet[MailAccount]:
    """The accounts whose letters the reader finds in the module Email."""
    return accounts_read_by(reader).filter(is_main=True, removed_at=None)


def readable_account_ids(reader: User) -> list[int]:
    """The accounts whose letters are the reader's own, Main or not, removed ones too. One query."""
    return list(accounts_read_by(reader).values_list("pk", flat=True))


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
    is_ours = _in_written_accounts(reader) if must_write else in_read_accounts(reader)
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
    counts = _unread_counts([row.pk for row in rows])
    return [FolderCount(row, counts.get(row.pk, 0)) for row in rows]


def inbox_of(folders: Sequence[Folder]) -> list[Folder]:
    """Where letters arrive among the folders of one account: its INBOX, else the folder of all letters, else every folder."""
    inbox = [folder for folder in folders if is_inbox(folder)]
    return inbox or [folder for folder in folders if folder.special_use == "all"] or list(folders)


def is_inbox(folder: Folder) -> bool:
    """INBOX is one name in any case (RFC 3501, section 5.1)."""
    return folder.path.upper() == "INBOX"


def all_inboxes(folders: Collection[Folder]) -> Place:
    """What arrived in any of the accounts and is not done."""
    accounts = {folder.account_id: [each for each in folders if each.account_id == folder.account_id] for folder in folders}
    inboxes = [folder for group in accounts.values() for folder in inbox_of(group)]
    return Place(tuple(accounts), tuple(folder.pk for folder in inboxes), hides_done=True)


def _in_written_accounts(user: User) -> Q:
    return Q(account__owner=user) | in_a_team_of(user, account="account", may_write=True)


def _unread_counts(folder_ids: list[int]) -> dict[int, int]:
    if not folder_ids:
        return {}
    marks = ", ".join(["%s"] * len(folder_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT folder.id, (SELECT count(*) FROM (SELECT 1 FROM letters_delivery WHERE folder_id = folder.id "  # noqa: S608
            f"AND is_unread AND binned_at IS NULL AND gone_since IS NULL LIMIT {MOST_COUNTED + 1}) AS counted) "
            f"FROM letters_folder AS folder WHERE folder.id IN ({marks})",
            folder_ids,
        )
        return dict(cursor.fetchall())
