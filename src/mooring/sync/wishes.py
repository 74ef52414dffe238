"""What a person asks of the engine: scan now, read again, try again, fetch anyway, believe that letters are gone.

These deeds only change rows; the next visit sees them. Rights are the caller's matter (desk.access).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.letters.models import Folder, MailAccount
from mooring.sync.backlog import WANTED_WHOLE
from mooring.sync.leases import remember_accounts
from mooring.sync.models import AccountState, FolderState, Item, ItemState
from mooring.users.journal import Actor, record


class UnableToScan(Exception):
    """The wish cannot be granted; the text is fit for the user."""


def scan_now(*, account: MailAccount, by: Actor, now: datetime) -> None:
    """Visit the account as soon as possible, even one that was given up. Raises UnableToScan."""
    with transaction.atomic():
        _want(account, now)
        _note("scan_wanted", account, {}, by=by, now=now)


def read_again_from(*, account: MailAccount, since: datetime, by: Actor, now: datetime) -> int:
    """Decide anew about every letter received since then, archived or not; how many. Nothing is doubled. Raises UnableToScan."""
    with transaction.atomic():
        _want(account, now)
        items = Item.objects.filter(Q(received_at__gte=since) | Q(received_at=None), folder__account=account)
        count = items.exclude(state=ItemState.GONE).update(state=ItemState.LISTED, attempts=0, error_code="")
        FolderState.objects.filter(folder__account=account).update(last_full_at=None, retry_at=None)
        _note("read_again", account, {"since": since.isoformat(), "count": count}, by=by, now=now)
    return count


def retry_failed(*, account: MailAccount, by: Actor, now: datetime) -> int:
    """Try letters and folders again that could not be read; how many letters. Raises UnableToScan."""
    with transaction.atomic():
        _want(account, now)
        failed = Item.objects.filter(folder__account=account, state=ItemState.FAILED)
        count = failed.update(state=ItemState.LISTED, attempts=0, error_code="")
        FolderState.objects.filter(folder__account=account).update(retry_at=None, failure_count=0)
        _note("retried", account, {"count": count}, by=by, now=now)
    return count


def fetch_whole(*, account: MailAccount, server_id: str, folder: Folder, by: Actor, now: datetime) -> None:
    """Fetch a letter that was too large all the same. Raises UnableToScan."""
    with transaction.atomic():
        _want(account, now)
        items = Item.objects.filter(folder=folder, folder__account=account, server_id=server_id, state=ItemState.TOO_LARGE)
        if not items.update(state=ItemState.LISTED, attempts=0, error_code=WANTED_WHOLE):
            raise UnableToScan(_("This letter is not on the server any more, or is here already."))
        _note("fetched_whole", account, {"folder": folder.path, "letter": server_id}, by=by, now=now)


def agree_to_vanishing(*, folder: Folder, by: Actor, now: datetime) -> None:
    """The many letters that vanished from the folder at once are really gone from the server. Raises UnableToScan."""
    with transaction.atomic():
        _want(folder.account, now)
        held = FolderState.objects.filter(folder=folder, held_vanished_count__gt=0)
        if not held.update(is_vanishing_agreed=True, last_full_at=None):
            raise UnableToScan(_("No letters are missing in this folder."))
        _note("vanishing_agreed", folder.account, {"folder": folder.path}, by=by, now=now)


def _want(account: MailAccount, now: datetime) -> None:
    if account.removed_at is not None or not account.is_scanned:
        raise UnableToScan(_("The scan of this mail account is switched off."))
    remember_accounts(now=now, account_id=account.pk)
    AccountState.objects.filter(account=account).update(wanted_at=now, is_stopped=False, failing_since=None)


def _note(action: str, account: MailAccount, changes: dict[str, object], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="account", record_id=account.pk, name=str(account), changes=changes, now=now)
