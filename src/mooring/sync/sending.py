"""Sends the letters of one account, one after the other in their order, over one connection.

Every step that matters is committed before it is taken: phase connect before the server is called, phase data before the final
dot. So a worker may die anywhere: what may have been accepted is never sent again by itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from django.db import connection

from mooring.letters.accounts import UnableToSend
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.models import (
    Delivery,
    MailAccount,
    OutgoingKind,
    OutgoingLetter,
    OutgoingProtocol,
    OutgoingRecipient,
    OutgoingState,
    Phase,
    RecipientState,
    SentCopy,
)
from mooring.letters.originals import UnableToRead
from mooring.letters.outbox import remember_error
from mooring.letters.written_here import WRITTEN_HERE
from mooring.mail.contract import Outgoing
from mooring.mail.errors import MailError, UnusableName
from mooring.mail.types import Envelope, Sent
from mooring.mail.writing import wire_address, without_bcc
from mooring.sync.engine import Engine
from mooring.sync.leases import Clock, LeaseLost
from mooring.sync.models import SendingState
from mooring.sync.outbox_leases import Claim, claim_next, letters_of_everybody
from mooring.sync.outcome import DATABASE_SILENT, code_of, details_of
from mooring.sync.sending_health import forget_troubles
from mooring.sync.sending_verdicts import Attempt, Verdict, account_rest, after_error, after_sent
from mooring.sync.servers import outgoing_server
from mooring.users.journal import WORKER, record

_WRITTEN_WITHIN: Final = timedelta(minutes=10)
"""So long an answer of the server is tried to be written down while the database is silent."""
_PAUSE_SECONDS: Final = 2.0
_OUR_REST: Final = timedelta(hours=1)
"""Until keys that are missing are looked for again."""
_STATES: Final = {
    "accepted": RecipientState.ACCEPTED,
    "refused": RecipientState.REFUSED,
    "waiting": RecipientState.WAITING,
}
_log = logging.getLogger(__name__)

Trouble = MailError | UnableToUnseal | UnableToSend


def send_from(account_id: int, *, engine: Engine, clock: Clock, stop: threading.Event) -> int:
    """Send what is due; how many letters were tried. Troubles are written down, not raised.

    Raises what the database raises when it does not answer at all.
    """
    tried = 0
    with _Line(engine, clock) as line:
        while not stop.is_set():
            claim = claim_next(account_id, owner=engine.owner, clock=clock)
            if claim is None:
                break
            tried += 1
            if not _send(claim, line, engine=engine, stop=stop):
                break
    return tried


def _send(claim: Claim, line: _Line, *, engine: Engine, stop: threading.Event) -> bool:
    """One letter. True when the next one may follow."""
    letter = letters_of_everybody().select_related("account", "original").get(pk=claim.letter_id)
    try:
        outgoing = line.to_server_of(letter.account)
    except (MailError, UnableToUnseal, UnableToSend) as error:
        _let_account_rest(claim, error, engine)
        return False
    assert letter.original is not None  # a constraint of the database
    try:
        envelope, raw = _envelope_of(letter), without_bcc(engine.originals.read(letter.original))
        result: Sent | MailError | UnableToRead = outgoing.send(envelope, raw, before_data=claim.commit_data)
    except LeaseLost:
        _log.warning("The lease on outgoing letter %s was taken over before its last step", claim.letter_id)
        line.hang_up()
        return True
    except (MailError, UnableToRead) as error:
        line.hang_up()
        result, envelope = error, Envelope("", _waiting_addresses(letter))
    return _write_down(claim, result, envelope, line=line, engine=engine, stop=stop)


def _write_down(
    claim: Claim,
    result: Sent | MailError | UnableToRead,
    envelope: Envelope,
    *,
    line: _Line,
    engine: Engine,
    stop: threading.Event,
) -> bool:
    """Settle the letter, however long the database is silent: what the server said is known nowhere else."""
    deadline = claim.clock() + _WRITTEN_WITHIN
    while True:
        try:
            return _settle(claim, result, envelope, keeps_copy=line.keeps_sent_copy, engine=engine)
        except LeaseLost:
            _log.warning("Outgoing letter %s was taken over; what its server answered is lost", claim.letter_id)
            return True
        except DATABASE_SILENT:
            connection.close()
            if stop.wait(_PAUSE_SECONDS) or claim.clock() > deadline:
                raise


def _settle(
    claim: Claim, result: Sent | MailError | UnableToRead, envelope: Envelope, *, keeps_copy: bool, engine: Engine
) -> bool:
    with claim.settling() as (letter, now):
        attempt = Attempt(envelope.recipients, letter.attempts, letter.sent_at is not None, now, engine.chance())
        if isinstance(result, Sent):
            verdict = after_sent(result, attempt)
            letter.remote_id = result.remote_id[:300]
        elif isinstance(result, UnableToRead):
            verdict = Verdict(OutgoingState.FAILED)
        else:
            verdict = after_error(result, attempt)
        _write_answers(letter, verdict, now)
        _write_letter(letter, verdict, result, keeps_copy=keeps_copy, now=now)
        if verdict.state == OutgoingState.READY and verdict.error is not None:
            _rest(letter.account_id, verdict.error, now=now, chance=engine.chance())
            return False
        forget_troubles(letter.account_id)
    return True


def _write_answers(letter: OutgoingLetter, verdict: Verdict, now: datetime) -> None:
    for recipient in letter.recipients.filter(state=RecipientState.WAITING):
        answer = verdict.answers.get(_wire(recipient))
        if answer is None:
            continue
        recipient.state, recipient.at = _STATES[answer.state], now
        refusal = answer.refusal
        recipient.reply_code = refusal.reply_code if refusal else 0
        recipient.status = refusal.status[:16] if refusal else ""
        recipient.said = refusal.server_said[:500] if refusal else ""
        recipient.save(update_fields=["state", "at", "reply_code", "status", "said"])


def _write_letter(
    letter: OutgoingLetter, verdict: Verdict, result: Sent | MailError | UnableToRead, *, keeps_copy: bool, now: datetime
) -> None:
    remember_error(letter, now=now)
    error = verdict.error or (result if isinstance(result, UnableToRead) else None)
    if error is not None and verdict.state != OutgoingState.READY:
        letter.error_code, letter.error_details = code_of(error), details_of(error)
        letter.error_said = error.server_said if isinstance(error, MailError) else ""
    letter.state, letter.next_try_at = verdict.state, verdict.next_try_at
    letter.lease_owner, letter.lease_until = "", None
    letter.attempts -= verdict.state == OutgoingState.READY
    if any(answer.state == "accepted" for answer in verdict.answers.values()) and letter.sent_at is None:
        letter.sent_at = now
        letter.sent_copy = SentCopy.BY_SERVER if keeps_copy else SentCopy.WAITING
        letter.copy_next_at = None if keeps_copy else now
    letter.phase = _PHASES.get(verdict.state, Phase.NONE)
    letter.phase_at = now
    letter.save()
    if verdict.state != OutgoingState.READY:
        facts = {"code": letter.error_code} if letter.error_code else {}
        action = _ACTIONS[verdict.state]
        record(
            by=WORKER, action=action, kind="outgoing", record_id=letter.pk, name=letter.account.address, changes=facts, now=now
        )


_PHASES: Final[dict[str, Phase]] = {OutgoingState.SENT: Phase.DONE, OutgoingState.UNKNOWN: Phase.DATA}
_ACTIONS: Final[dict[str, str]] = {
    OutgoingState.SENT: "sent",
    OutgoingState.FAILED: "sending_failed",
    OutgoingState.FAILED_TEMP: "sending_delayed",
    OutgoingState.UNKNOWN: "sending_broke_off",
}


# -- whom and what -------------------------------------------------------------------------------------------------------


def _envelope_of(letter: OutgoingLetter) -> Envelope:
    """Those who still wait, none twice. Raises UnusableName."""
    return Envelope(letter.account.address, _waiting_addresses(letter), _answered_id(letter))


def _answered_id(letter: OutgoingLetter) -> str:
    """The id of the letter that is answered, where the server that sends holds it, too."""
    is_reply = letter.kind in (OutgoingKind.REPLY, OutgoingKind.REPLY_ALL) and letter.answers_id is not None
    if not is_reply or letter.account.outgoing_protocol != OutgoingProtocol.SAME:
        return ""
    there = Delivery.objects.filter(letter=letter.answers_id, account=letter.account, gone_since=None)
    ids = there.exclude(epoch=WRITTEN_HERE).order_by("-id").values_list("server_id", flat=True)
    return ids.first() or ""


def _waiting_addresses(letter: OutgoingLetter) -> tuple[str, ...]:
    waiting: Iterable[OutgoingRecipient] = letter.recipients.filter(state=RecipientState.WAITING).order_by("id")
    return tuple(dict.fromkeys(_wire(each) for each in waiting))


def _wire(recipient: OutgoingRecipient) -> str:
    """What cannot be an address stays as it is and is refused by whoever writes it on the wire."""
    with suppress(UnusableName):
        return wire_address(recipient.address)
    return recipient.address


# -- the account ---------------------------------------------------------------------------------------------------------


def _let_account_rest(claim: Claim, error: Trouble, engine: Engine) -> None:
    """Nothing can be sent for the account now: the letter is ready again, and all of them wait."""
    with claim.settling() as (letter, now):
        letter.state, letter.phase = OutgoingState.READY, Phase.NONE
        letter.lease_owner, letter.lease_until = "", None
        letter.attempts -= 1
        letter.save(update_fields=["state", "phase", "lease_owner", "lease_until", "attempts"])
        _rest(letter.account_id, error, now=now, chance=engine.chance())


def _rest(account_id: int, error: Trouble, *, now: datetime, chance: float) -> None:
    state = SendingState.objects.filter(account_id=account_id).first() or SendingState(account_id=account_id)
    since = state.failing_since or now
    again = now + _OUR_REST if isinstance(error, UnableToUnseal) else None
    if isinstance(error, MailError):
        again = account_rest(error, failure_count=state.failure_count, failing_since=since, now=now, chance=chance)
    state.failing_since, state.failed_at = since, now
    state.failure_count += 1
    state.next_try_at, state.is_stopped = again, again is None
    state.error_code, state.error_details = code_of(error), details_of(error)
    state.error_said = error.server_said if isinstance(error, MailError) else ""
    state.save()


@dataclass(slots=True)
class _Line:
    """The connection over which letters leave; opened when the first one is there, and again after it broke."""

    engine: Engine
    clock: Clock
    _outgoing: Outgoing | None = None
    keeps_sent_copy: bool = False

    def to_server_of(self, account: MailAccount) -> Outgoing:
        """Raises a MailError, UnableToUnseal or UnableToSend."""
        if self._outgoing is None:
            policy = self.engine.policy
            server = outgoing_server(account, policy=policy, clock=self.clock)
            self._outgoing = self.engine.connect_outgoing(server, policy=policy)
            known = SendingState.objects.filter(account=account, keeps_sent_copy=True).exists()
            self.keeps_sent_copy = self._outgoing.keeps_sent_copy or known
        return self._outgoing

    def hang_up(self) -> None:
        """The next letter gets a connection of its own."""
        if self._outgoing is not None:
            self._outgoing.close()
            self._outgoing = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.hang_up()
