"""What people do with letters on their way out: queue them, take them back, put stuck ones back, clear errors.

No deed here touches a letter that a worker holds a live lease on. A letter that may have left the house already is put back only
by somebody who was told so and agreed; its Message-ID stays, so that receivers can recognise the double.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.letters.attached_files import UnableToReadFile
from mooring.letters.models import (
    MailAccount,
    OutgoingLetter,
    OutgoingState,
    Phase,
    RecipientState,
)
from mooring.letters.models.outgoing import OutgoingLetterQuerySet
from mooring.letters.originals import KeptOriginal, UnableToKeep, register
from mooring.letters.outgoing_bytes import Materials, bytes_of, new_message_id
from mooring.letters.visibility import accounts_written_by
from mooring.mail.addresses import match_key
from mooring.mail.errors import UnusableName
from mooring.users.journal import Actor, record
from mooring.users.permissions import Action

UNDO: Final = timedelta(seconds=10)
"""So long a letter waits before it is sent, for second thoughts."""
MOST_ERRORS_KEPT: Final = 50
_WHY: Final = "deeds on the outbox check the right to write from the account themselves"


class UnableToDispatch(Exception):
    """The outbox was not changed; the text is fit for the user. What could not be done says which kind it is."""


class UnableToQueue(UnableToDispatch):
    """The letter stays a draft; the text is fit for the user."""


class UnableToTakeBack(UnableToDispatch):
    """The letter is, or may be, on its way; the text is fit for the user."""


class UnableToReset(UnableToDispatch):
    """The letter stays as it is; the text is fit for the user."""


class UnableToClear(UnableToDispatch):
    """There is nothing to clear, or not by this person; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Reset:
    """What “Reset email sending status” did: letters put back, and those left because they may have been sent already."""

    ready_count: int
    doubtful_count: int


def queue(
    *, draft: OutgoingLetter, materials: Materials, by: Actor, now: datetime, send_at: datetime | None = None
) -> OutgoingLetter:
    """Send the draft once undo is over, or at `send_at`: its bytes are made and safe before this returns. Raises UnableToQueue.

    What is written down must be what was made into bytes: a draft that was saved meanwhile is refused.
    """
    _demand_writing(by, draft.account, UnableToQueue)
    if draft.state != OutgoingState.DRAFT:
        raise UnableToQueue(_("This letter is not a draft any more."))
    _demand_sendable(draft)
    message_id = draft.message_id or new_message_id(draft.account.address, token=materials.token())
    kept = _kept_bytes(draft, message_id, materials, now)
    with transaction.atomic():
        letter = _locked(draft.pk)
        if letter.state != OutgoingState.DRAFT or letter.version != draft.version:
            raise UnableToQueue(_("This letter was changed in another window. Please look at it again."))
        letter.original = register(kept)
        letter.message_id = message_id
        letter.state, letter.phase = OutgoingState.READY, Phase.NONE
        letter.queued_at, letter.undo_until, letter.send_at = now, now + UNDO, send_at
        letter.attempts, letter.next_try_at = 0, None
        letter.changed_at = now
        letter.save()
        _note(letter, "queued", {"send_at": send_at.isoformat()} if send_at else {}, by=by, now=now)
    return letter


def take_back(*, letter: OutgoingLetter, by: Actor, now: datetime) -> OutgoingLetter:
    """Make a letter that waits a draft again, before any of it has left. Raises UnableToTakeBack."""
    _demand_writing(by, letter.account, UnableToTakeBack)
    with transaction.atomic():
        letter = _locked(letter.pk)
        if letter.state != OutgoingState.READY or letter.sent_at is not None:
            raise UnableToTakeBack(_("It is too late: this letter is on its way."))
        _become_draft(letter, now)
        _note(letter, "taken_back", {}, by=by, now=now)
    return letter


def stuck_letters(*, account: MailAccount, now: datetime) -> OutgoingLetterQuerySet:
    """What “Reset email sending status” is about: letters whose worker is gone, and those of unknown fate, oldest first."""
    is_stuck = Q(state=OutgoingState.UNKNOWN) | (Q(state=OutgoingState.SENDING) & ~Q(lease_until__gt=now))
    return OutgoingLetter.objects.unscoped(_WHY).filter(is_stuck, account=account).order_by("queued_at", "id")


def failed_letters(*, account: MailAccount) -> OutgoingLetterQuerySet:
    """What “Clear email error status” is about, oldest first."""
    failed = (OutgoingState.FAILED, OutgoingState.FAILED_TEMP)
    return OutgoingLetter.objects.unscoped(_WHY).filter(account=account, state__in=failed).order_by("queued_at", "id")


def reset_sending(
    *, account: MailAccount, letter: OutgoingLetter | None = None, accepts_double: bool = False, by: Actor, now: datetime
) -> Reset:
    """Put stuck letters of the account, or this one, back to “Ready to send”. Raises UnableToReset.

    A letter whose bytes the server may have accepted (phase data) is put back only when `accepts_double` says that the person was
    warned that it may arrive twice; otherwise it is counted and left.
    """
    _demand_upkeep(by, account, UnableToReset)
    with transaction.atomic():
        stuck = stuck_letters(account=account, now=now).select_for_update(of=("self",))
        letters = list(stuck.filter(pk=letter.pk) if letter is not None else stuck)
        if letter is not None and not letters:
            raise UnableToReset(_("This letter is not stuck: a worker is sending it, or its fate is known."))
        doubtful = [each for each in letters if each.phase == Phase.DATA and not accepts_double]
        if letter is not None and doubtful:
            raise UnableToReset(_("The server may have accepted this letter already. Confirm that it may be sent a second time."))
        for each in letters:
            if each not in doubtful:
                _become_ready(each, now)
                _note(each, "sending_reset", {"phase": each.phase, "may_double": each.phase == Phase.DATA}, by=by, now=now)
                each.phase, each.phase_at = Phase.NONE, None
                each.save(update_fields=["phase", "phase_at"])
    return Reset(len(letters) - len(doubtful), len(doubtful))


def clear_errors(
    *, account: MailAccount, letter: OutgoingLetter | None = None, resend: bool = False, by: Actor, now: datetime
) -> int:
    """Clear the errors of the account's failed letters, or of this one; how many. Raises UnableToClear.

    Each becomes a draft again, or with `resend` ready to be sent. One that some recipients got is never edited: it is sent to the
    others again, or counts as sent. What went wrong stays in its history.
    """
    _demand_upkeep(by, account, UnableToClear)
    failed = failed_letters(account=account)
    with transaction.atomic():
        letters = list((failed.filter(pk=letter.pk) if letter is not None else failed).select_for_update(of=("self",)))
        if letter is not None and not letters:
            raise UnableToClear(_("This letter shows no error."))
        for each in letters:
            _note(each, "errors_cleared", {"code": each.error_code, "resend": resend}, by=by, now=now)
            remember_error(each, now=now)
            _go_on(each, resend=resend, now=now)
    return len(letters)


def remember_error(letter: OutgoingLetter, *, now: datetime) -> None:
    """Move the letter's error into its history; not saved. For the engine too."""
    if letter.error_code:
        error = {"at": now.isoformat(), "code": letter.error_code, "details": letter.error_details, "said": letter.error_said}
        letter.error_history = [*letter.error_history, error][-MOST_ERRORS_KEPT:]
    letter.error_code, letter.error_details, letter.error_said = "", {}, ""


def _go_on(letter: OutgoingLetter, *, resend: bool, now: datetime) -> None:
    is_partly_sent = letter.sent_at is not None
    if is_partly_sent and not resend:
        letter.state, letter.phase, letter.phase_at = OutgoingState.SENT, Phase.DONE, letter.sent_at
        letter.next_try_at = None
        letter.save()
        return
    again = letter.recipients.filter(state=RecipientState.REFUSED)
    again.update(state=RecipientState.WAITING, reply_code=0, status="", said="", at=None)
    if resend:
        _become_ready(letter, now)
    else:
        _become_draft(letter, now)


def _become_ready(letter: OutgoingLetter, now: datetime) -> None:
    remember_error(letter, now=now)
    letter.state = OutgoingState.READY
    letter.undo_until, letter.send_at, letter.queued_at = now, None, now
    letter.attempts, letter.next_try_at = 0, None
    letter.lease_owner, letter.lease_until = "", None
    letter.changed_at = now
    letter.save()


def _become_draft(letter: OutgoingLetter, now: datetime) -> None:
    """Its bytes are forgotten, since it may be changed; its Message-ID stays."""
    letter.state, letter.phase, letter.phase_at = OutgoingState.DRAFT, Phase.NONE, None
    letter.original = letter.queued_at = letter.undo_until = letter.next_try_at = None
    letter.version += 1
    letter.changed_at = now
    letter.save()


def _demand_writing(by: Actor, account: MailAccount, refusal: type[UnableToDispatch]) -> None:
    """Commands and the worker, which nobody signed in to, may write from every account."""
    if account.removed_at is not None:
        raise refusal(_("The mail account %(address)s was removed.") % {"address": account.address})
    if by.user is not None and not accounts_written_by(by.user).filter(pk=account.pk).exists():
        raise refusal(_("You may not write from %(address)s.") % {"address": account.address})


def _demand_upkeep(by: Actor, account: MailAccount, refusal: type[UnableToDispatch]) -> None:
    """Whoever may change an account's settings may free what hangs in it, without reading or writing its letters."""
    may_change = by.user is not None and MailAccount.objects.visible_to(by.user, Action.CHANGE).filter(pk=account.pk).exists()
    if not may_change or account.removed_at is not None:
        _demand_writing(by, account, refusal)


def _demand_sendable(draft: OutgoingLetter) -> None:
    recipients = list(draft.recipients.order_by("id"))
    if not recipients:
        raise UnableToQueue(_("Please enter whom the letter is for."))
    wrong = [each.address for each in recipients if not match_key(each.address)]
    if wrong:
        raise UnableToQueue(_("“%(address)s” is not an email address.") % {"address": wrong[0]})
    if not draft.account.outgoing_protocol:
        text = _("No outgoing server is set up for %(address)s. Enter one in the settings of the account.")
        raise UnableToQueue(text % {"address": draft.account.address})


def _kept_bytes(draft: OutgoingLetter, message_id: str, materials: Materials, now: datetime) -> KeptOriginal:
    try:
        raw = bytes_of(draft, message_id=message_id, materials=materials, now=now)
        return materials.originals.keep([raw])[0]
    except UnusableName as error:
        raise UnableToQueue(_("“%(address)s” is not an email address.") % {"address": error.details["what"]}) from error
    except UnableToReadFile as error:
        raise UnableToQueue(str(error)) from error
    except UnableToKeep as error:
        raise UnableToQueue(_("The letter could not be kept: %(reason)s") % {"reason": error}) from error


def _locked(letter_id: int) -> OutgoingLetter:
    return OutgoingLetter.objects.unscoped(_WHY).select_for_update(of=("self",)).get(pk=letter_id)


def _note(letter: OutgoingLetter, action: str, facts: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Without subject and recipients: administrators read the journal, not the letter."""
    name = letter.account.address
    record(by=by, action=action, kind="outgoing", record_id=letter.pk, name=name, changes=facts, now=now)
