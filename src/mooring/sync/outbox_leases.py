"""Who sends a letter now: a lease on the letter with an end, and a fence that every write checks.

An account sends one letter at a time, which the database itself guarantees. Whoever died is found by the end of the lease: what
had not reached phase data is ready again, what had is of unknown fate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from mooring.letters.models import OutgoingLetter, OutgoingState, Phase
from mooring.letters.models.outgoing import OutgoingLetterQuerySet
from mooring.mail.errors import FateUnknown
from mooring.sync.leases import Clock, LeaseLost, orphaned_owners
from mooring.sync.models import SendingState
from mooring.users.journal import WORKER, Line, record_all

LEASE: Final = timedelta(minutes=15)
"""Longer than the ten minutes that the answer to a final dot may take."""
_WHY: Final = "the engine sends the letters of everybody"


@dataclass(slots=True)
class Claim:
    """The right to send one letter."""

    letter_id: int
    account_id: int
    fence: int
    clock: Clock

    def commit_data(self) -> None:
        """Write down that from now on the server may accept the letter. Raises LeaseLost; then nothing more may be sent."""
        now = self.clock()
        with transaction.atomic():
            mine = letters_of_everybody().filter(pk=self.letter_id, fence=self.fence, state=OutgoingState.SENDING)
            if not mine.filter(phase=Phase.CONNECT).update(phase=Phase.DATA, phase_at=now, lease_until=now + LEASE):
                raise LeaseLost

    @contextmanager
    def settling(self) -> Iterator[tuple[OutgoingLetter, datetime]]:
        """A short transaction with the locked letter, and its time. Raises LeaseLost.

        Whoever knows the server's answer may write it even if the lease ran out meanwhile, as long as nobody else took the
        letter: what is certain is better than unknown.
        """
        now = self.clock()
        with transaction.atomic():
            mine = letters_of_everybody().filter(
                pk=self.letter_id, fence=self.fence, state__in=(OutgoingState.SENDING, OutgoingState.UNKNOWN)
            )
            letter = mine.select_for_update(of=("self",)).select_related("account").first()
            if letter is None:
                raise LeaseLost
            yield letter, now


def letters_of_everybody() -> OutgoingLetterQuerySet:
    """All letters on their way out; the engine has no reader."""
    return OutgoingLetter.objects.unscoped(_WHY)


def due_letters(now: datetime) -> OutgoingLetterQuerySet:
    """Letters to be sent now, of accounts that do not rest and send none at the moment."""
    is_resting = (Q(is_stopped=True) | Q(next_try_at__gt=now)) & Q(failed_at__gte=OuterRef("account__changed_at"))
    resting = SendingState.objects.filter(is_resting, account=OuterRef("account"))
    busy = letters_of_everybody().filter(account=OuterRef("account"), state=OutgoingState.SENDING)
    return letters_of_everybody().filter(
        ~Exists(resting),
        ~Exists(busy),
        Q(send_at=None) | Q(send_at__lte=now),
        Q(next_try_at=None) | Q(next_try_at__lte=now),
        state__in=(OutgoingState.READY, OutgoingState.FAILED_TEMP),
        undo_until__lte=now,
        account__removed_at=None,
    )


def claim_next(account_id: int, *, owner: str, clock: Clock) -> Claim | None:
    """The account's next letter in the order of queueing, or None when none is due or another is being sent."""
    now = clock()
    letter_id = due_letters(now).filter(account=account_id).order_by("queued_at", "id").values_list("pk", flat=True).first()
    if letter_id is None:
        return None
    try:
        with transaction.atomic():
            taken = (
                due_letters(now)
                .filter(pk=letter_id)
                .update(
                    state=OutgoingState.SENDING,
                    phase=Phase.CONNECT,
                    phase_at=now,
                    lease_owner=owner,
                    lease_until=now + LEASE,
                    fence=F("fence") + 1,
                    attempts=F("attempts") + 1,
                )
            )
            if not taken:
                return None
            fence = letters_of_everybody().values_list("fence", flat=True).get(pk=letter_id)
    except IntegrityError:  # another worker was faster with another letter of the account
        return None
    return Claim(letter_id, account_id, fence, clock)


def end_orphaned_leases(*, host: str, is_running: Callable[[int], bool], now: datetime) -> int:
    """End the leases of processes of this host that run no more, so that nobody waits for their end; how many."""
    sending = letters_of_everybody().filter(state=OutgoingState.SENDING)
    orphans = orphaned_owners(sending.values_list("lease_owner", flat=True), host=host, is_running=is_running)
    return sending.filter(lease_owner__in=orphans).update(lease_until=now)


def recover(*, now: datetime) -> int:
    """Letters whose worker is gone: nothing left the house in phase connect; in phase data nobody knows. How many."""
    lost = letters_of_everybody().filter(state=OutgoingState.SENDING, lease_until__lte=now)
    recovered = 0
    for letter in list(lost.select_related("account").order_by("id")[:500]):
        mine = lost.filter(pk=letter.pk, fence=letter.fence, phase=letter.phase)
        with transaction.atomic():
            if letter.phase == Phase.CONNECT:
                done = mine.update(state=OutgoingState.READY, phase=Phase.NONE, lease_owner="", lease_until=None)
            else:
                done = mine.update(
                    state=OutgoingState.UNKNOWN,
                    lease_owner="",
                    lease_until=None,
                    next_try_at=now,
                    error_code=FateUnknown.code,
                    error_details={"host": letter.account.outgoing_host or letter.account.address},
                    error_said="",
                )
            if done:
                line = Line(
                    action="sending_broke_off",
                    kind="outgoing",
                    record_id=letter.pk,
                    name=letter.account.address,
                    changes={"phase": letter.phase},
                )
                record_all([line], by=WORKER, now=now)
        recovered += done
    return recovered
