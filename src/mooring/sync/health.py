"""How accounts and their folders are doing, in numbers and plain words: a fixed number of queries, however many there are.

The light is green only when every letter that belongs to us is archived and the server was reached when it should have been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.letters.models import Folder, MailAccount
from mooring.letters.models.account import Protocol
from mooring.sync.models import AccountState, FolderState, Item, ItemCount, ItemState
from mooring.sync.outcome import TOO_MANY_WAITING
from mooring.sync.removals import NONE, RemovalNumbers, numbers_of
from mooring.sync.troubles import Trouble, trouble_of

Light = Literal["good", "busy", "warn", "bad", "idle"]
OVERDUE: Final = timedelta(minutes=15)
"""An account that waits so long for a visit shows that no worker runs."""
MOST_FAILED: Final = 200
MANY_ON_SERVER: Final = 10_000
"""A POP3 mailbox above this size is listed in full at every visit for no good reason."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Letters by what became of them."""

    on_server: int = 0
    archived: int = 0
    not_for_us: int = 0
    waiting: int = 0
    failed: int = 0
    older: int = 0
    too_large: int = 0

    @property
    def listed(self) -> int:
        """Letters that the first scan is about."""
        return self.archived + self.not_for_us + self.waiting + self.failed + self.too_large

    @property
    def done_count(self) -> int:
        """Those of them that were looked at."""
        return self.listed - self.waiting

    @property
    def progress(self) -> int:
        """Percent of the letters found that were dealt with; never 100 while one is waiting."""
        return min(99, 100 * self.done_count // self.listed) if self.waiting else 100


@dataclass(frozen=True, slots=True)
class FolderHealth:
    """One folder's line."""

    folder: Folder
    light: Light
    numbers: Numbers
    trouble: Trouble | None = None
    held_vanished_count: int = 0
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """One account: a light, one sentence, and what is behind it."""

    account: MailAccount
    light: Light
    summary: str
    numbers: Numbers
    trouble: Trouble | None = None
    last_visit_at: datetime | None = None
    next_visit_at: datetime | None = None
    is_visiting: bool = False
    is_stopped: bool = False
    remarks: tuple[str, ...] = ()
    """Sentences about letters that are to leave the server, or that never will."""
    folders: tuple[FolderHealth, ...] = field(default=())

    @property
    def is_first_scan(self) -> bool:
        """Letters are still waiting to be looked at."""
        return self.numbers.waiting > 0


@dataclass(frozen=True, slots=True)
class FailedLetter:
    """A letter that could not be archived, and why."""

    folder_path: str
    server_id: str
    received_at: datetime | None
    size: int
    trouble: Trouble


def health_of_accounts(accounts: Iterable[MailAccount], *, now: datetime) -> dict[int, AccountHealth]:
    """The health of each account by its id; five queries in all."""
    by_id = {account.pk: account for account in accounts}
    states = {state.account_id: state for state in AccountState.objects.filter(account_id__in=by_id)}
    folders = _folders_of(list(by_id))
    removing = numbers_of(list(by_id))
    return {
        account_id: _health(account, states.get(account_id), folders.get(account_id, ()), removing.get(account_id, NONE), now)
        for account_id, account in by_id.items()
    }


def health_of_account(account: MailAccount, *, now: datetime) -> AccountHealth:
    """The health of one account with its folders."""
    return health_of_accounts([account], now=now)[account.pk]


def failed_letters(account: MailAccount) -> list[FailedLetter]:
    """The newest letters that could not be archived, at most MOST_FAILED. One query."""
    items = Item.objects.filter(folder__account=account, state=ItemState.FAILED).select_related("folder")
    return [
        FailedLetter(item.folder.path, item.server_id, item.received_at, item.size, trouble_of(item.error_code))
        for item in items.order_by("-received_at", "-id")[:MOST_FAILED]
    ]


def _folders_of(account_ids: Sequence[int]) -> dict[int, tuple[FolderHealth, ...]]:
    folders = list(Folder.objects.filter(account_id__in=account_ids, is_synced=True).order_by("path", "id"))
    states = {state.folder_id: state for state in FolderState.objects.filter(folder__in=folders)}
    counts: dict[int, Counter[str]] = {}
    counted = ItemCount.objects.filter(folder__in=folders).values_list("folder_id", "state", "item_count")
    for folder_id, state, count in counted:
        counts.setdefault(folder_id, Counter())[state] = count
    lines: dict[int, list[FolderHealth]] = {}
    for folder in folders:
        line = _folder_health(folder, states.get(folder.pk), counts.get(folder.pk, Counter()))
        lines.setdefault(folder.account_id, []).append(line)
    return {account_id: tuple(found) for account_id, found in lines.items()}


def _folder_health(folder: Folder, state: FolderState | None, counts: Counter[str]) -> FolderHealth:
    numbers = _numbers(counts, state.server_count if state is not None else None)
    trouble = trouble_of(state.error_code, state.error_details) if state is not None and state.error_code else None
    if folder.missing_since is not None:
        trouble = trouble_of("folder_missing", {"folder": folder.path})
    held = state.held_vanished_count if state is not None else 0
    is_held_back = state is not None and state.error_code == TOO_MANY_WAITING
    is_troubled = (trouble is not None and not is_held_back) or held > 0 or numbers.failed > 0
    looked_at = state.last_changes_at if state is not None else None
    is_busy = is_held_back or (looked_at is not None and numbers.waiting > 0)
    light: Light = "warn" if is_troubled else "busy" if is_busy else "idle" if looked_at is None else "good"
    return FolderHealth(folder, light, numbers, trouble, held, looked_at)


def _numbers(counts: Mapping[str, int], server_count: int | None) -> Numbers:
    known = sum(count for state, count in counts.items() if state != ItemState.GONE)
    return Numbers(
        on_server=known if server_count is None else max(server_count, known),
        archived=counts.get(ItemState.FILED, 0),
        not_for_us=counts.get(ItemState.SKIPPED, 0),
        waiting=counts.get(ItemState.LISTED, 0) + max(0, (server_count or 0) - known),
        failed=counts.get(ItemState.FAILED, 0),
        older=counts.get(ItemState.OLDER, 0),
        too_large=counts.get(ItemState.TOO_LARGE, 0),
    )


def _health(
    account: MailAccount, state: AccountState | None, folders: tuple[FolderHealth, ...], removing: RemovalNumbers, now: datetime
) -> AccountHealth:
    numbers = _sum(line.numbers for line in folders)
    trouble = trouble_of(state.error_code, state.error_details, said=state.error_said) if state and state.error_code else None
    light, summary = _verdict(account, state, folders, numbers, trouble, now)
    if light == "good" and removing.stubborn:
        light, summary = "warn", _("Everything is archived, but some letters could not be removed from the server.")
    return AccountHealth(
        account=account,
        light=light,
        summary=summary,
        numbers=numbers,
        trouble=trouble,
        last_visit_at=state.last_visit_at if state else None,
        next_visit_at=state.next_visit_at if state and not state.is_stopped else None,
        is_visiting=_is_visiting(state, now),
        is_stopped=bool(state and state.is_stopped),
        remarks=tuple(_remarks(account, numbers, removing)),
        folders=folders,
    )


def _verdict(
    account: MailAccount,
    state: AccountState | None,
    folders: Sequence[FolderHealth],
    numbers: Numbers,
    trouble: Trouble | None,
    now: datetime,
) -> tuple[Light, str]:
    """The worst thing first."""
    if not account.is_scanned or account.removed_at is not None:
        return "idle", _("The scan is switched off.")
    if state is not None and trouble is not None:
        return ("bad" if state.is_stopped or _is_lasting(state, now) else "warn"), trouble.what
    if _is_overdue(state, now):
        return "bad", _("Nobody visits this account: the worker does not run, or has too much to do.")
    if state is None or state.last_visit_at is None:
        return "busy", _("The first visit is on its way.")
    if numbers.failed:
        text = ngettext("%(count)d letter could not be archived.", "%(count)d letters could not be archived.", numbers.failed)
        return "warn", text % {"count": numbers.failed}
    if any(line.light == "warn" for line in folders):
        return "warn", _("Some folders cannot be read completely.")
    if numbers.waiting:
        facts = {"done": numbers.listed - numbers.waiting, "all": numbers.listed}
        return "busy", _("%(done)d of %(all)d letters looked at.") % facts
    return "good", _("Everything is archived.")


def _remarks(account: MailAccount, numbers: Numbers, removing: RemovalNumbers) -> Iterator[str]:
    if removing.waiting:
        yield ngettext(
            "%(count)d letter is to be removed from the server.",
            "%(count)d letters are to be removed from the server.",
            removing.waiting,
        ) % {"count": removing.waiting}
    if removing.error_code:
        yield str(trouble_of(removing.error_code, {"host": account.host, "command": "DELE"}))
    keeps_all = account.leaves_copy and account.removes_after_days is None and not account.removes_when_deleted
    if account.protocol == Protocol.POP3 and keeps_all and numbers.on_server > MANY_ON_SERVER:
        yield ngettext(
            "%(count)d letter lies on the server, and nothing removes any. Such a mailbox becomes slow and may become full.",
            "%(count)d letters lie on the server, and nothing removes any. Such a mailbox becomes slow and may become full.",
            numbers.on_server,
        ) % {"count": numbers.on_server}


def _sum(parts: Iterable[Numbers]) -> Numbers:
    total: Counter[str] = Counter()
    for numbers in parts:
        total.update({name: getattr(numbers, name) for name in Numbers.__dataclass_fields__})
    return Numbers(**total)


def _is_visiting(state: AccountState | None, now: datetime) -> bool:
    return state is not None and state.lease_until is not None and state.lease_until > now


def _is_overdue(state: AccountState | None, now: datetime) -> bool:
    return state is not None and not _is_visiting(state, now) and now - state.next_visit_at > OVERDUE


def _is_lasting(state: AccountState, now: datetime) -> bool:
    return state.failing_since is not None and now - state.failing_since > timedelta(hours=1)
