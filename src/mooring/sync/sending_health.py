"""How sending from an account goes, in words, and how its troubles are cleared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from mooring.letters.models import MailAccount
from mooring.letters.outbox import clear_errors
from mooring.sync.leases import remember_accounts
from mooring.sync.models import AccountState, SendingState
from mooring.sync.troubles import Trouble, trouble_of
from mooring.users.journal import Actor


@dataclass(frozen=True, slots=True)
class SendingTrouble:
    """Why nothing leaves an account at the moment. `next_try_at` None: not before somebody does something."""

    trouble: Trouble
    since: datetime | None
    next_try_at: datetime | None


def sending_trouble_of(account: MailAccount) -> SendingTrouble | None:
    """What keeps the account from sending; None when nothing does."""
    state = SendingState.objects.filter(account=account).exclude(error_code="").first()
    if state is None:
        return None
    trouble = trouble_of(state.error_code, state.error_details, said=state.error_said)
    return SendingTrouble(trouble, state.failing_since, None if state.is_stopped else state.next_try_at)


def clear_account_errors(*, account: MailAccount, resend: bool = False, by: Actor, now: datetime) -> int:
    """“Clear email error status” of an account: its failed letters, and what kept it from sending and from being scanned.

    Returns how many letters. Raises letters.outbox.UnableToClear.
    """
    with transaction.atomic():
        count = clear_errors(account=account, resend=resend, by=by, now=now)
        forget_troubles(account.pk)
        if account.is_scanned:
            remember_accounts(now=now, account_id=account.pk)
            AccountState.objects.filter(account=account).exclude(error_code="").update(
                wanted_at=now,
                is_stopped=False,
                failing_since=None,
                failure_count=0,
                error_code="",
                error_details={},
                error_said="",
            )
    return count


def forget_troubles(account_id: int) -> None:
    """What kept the account from sending is over."""
    troubled = SendingState.objects.filter(account_id=account_id).exclude(failure_count=0)
    troubled.update(
        failure_count=0,
        failing_since=None,
        failed_at=None,
        next_try_at=None,
        is_stopped=False,
        error_code="",
        error_details={},
        error_said="",
    )
