"""The copy of a sent letter in the server's Sent folder, where the server does not put one there itself.

A step of its own after sending: whatever goes wrong here never fails a letter and never sends it again. The folder is searched by
Message-ID before anything is put in, so that an answer lost on the way makes no second copy.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from mooring.letters.models import (
    MailAccount,
    OutgoingLetter,
    SentCopy,
)
from mooring.mail.contract import Keeping
from mooring.mail.errors import MailError
from mooring.mail.types import Folder
from mooring.sync.engine import Engine
from mooring.sync.leases import Clock
from mooring.sync.models import SendingState
from mooring.sync.outbox_leases import letters_of_everybody
from mooring.sync.sent_folder import opened_sent_folder

COPY_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
MOST_COPY_ATTEMPTS: Final = 12
PROVIDERS_TAKE: Final = timedelta(seconds=60)
"""So long a server may take to put its own copy there, before the first letter of an account is taken for kept by nobody."""
_AT_ONCE: Final = 50


def keep_copies(account: MailAccount, *, engine: Engine, clock: Clock) -> int:
    """Put copies of sent letters into the Sent folder where the server does not do so itself; how many were settled."""
    now = clock()
    waiting = letters_of_everybody().filter(account=account, sent_copy=SentCopy.WAITING, copy_next_at__lte=now)
    letters = list(waiting.select_related("original").order_by("id")[:_AT_ONCE])
    if not letters:
        return 0
    try:
        with opened_sent_folder(account, engine, clock) as (mailbox, folder):
            if folder is None or not isinstance(mailbox, Keeping):
                return letters_of_everybody().filter(pk__in=[each.pk for each in letters]).update(sent_copy=SentCopy.NONE)
            return sum(_keep_copy(letter, mailbox, folder, engine, now) for letter in letters)
    except MailError:
        for letter in letters:
            _postpone(letter, now)
        return 0


def _keep_copy(letter: OutgoingLetter, mailbox: Keeping, folder: Folder, engine: Engine, now: datetime) -> bool:
    knows = SendingState.objects.filter(account=letter.account_id).values_list("keeps_sent_copy", flat=True).first()
    mine = letters_of_everybody().filter(pk=letter.pk, sent_copy=SentCopy.WAITING)
    if mailbox.find(folder, letter.message_id):
        is_ours = letter.copy_attempts > 0
        if not is_ours and knows is None:
            _learn(letter.account_id, keeps_sent_copy=True)
        return bool(mine.update(sent_copy=SentCopy.KEPT if is_ours else SentCopy.BY_SERVER))
    if knows is None and letter.sent_at is not None and now < letter.sent_at + PROVIDERS_TAKE:
        mine.update(copy_next_at=letter.sent_at + PROVIDERS_TAKE)
        return False
    # Counted before it is done: a copy found after a lost answer is then known to be ours.
    if not mine.update(copy_attempts=F("copy_attempts") + 1) or letter.original is None:
        return False
    letter.copy_attempts += 1
    mailbox.keep(folder, engine.originals.read(letter.original))
    if knows is None:
        _learn(letter.account_id, keeps_sent_copy=False)
    return bool(mine.update(sent_copy=SentCopy.KEPT))


def _postpone(letter: OutgoingLetter, now: datetime) -> None:
    """The Sent folder cannot be reached now. After days it is given up; the letter itself was sent all the same."""
    mine = letters_of_everybody().filter(pk=letter.pk, sent_copy=SentCopy.WAITING)
    count = letter.copy_attempts
    if count >= MOST_COPY_ATTEMPTS:
        mine.update(sent_copy=SentCopy.FAILED)
        return
    mine.update(copy_attempts=count + 1, copy_next_at=now + COPY_WAITS[min(count, len(COPY_WAITS) - 1)])


def _learn(account_id: int, *, keeps_sent_copy: bool) -> None:
    SendingState.objects.update_or_create(account_id=account_id, defaults={"keeps_sent_copy": keeps_sent_copy})
