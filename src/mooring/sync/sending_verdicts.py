"""What an attempt to send means for the letter, each recipient and the account. Pure: clock and chance come in as arguments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from mooring.mail.errors import (
    AllRecipientsRefused,
    FateUnknown,
    LetterRefused,
    LoginRefused,
    MailError,
    PasswordNotRemembered,
    ServerBusy,
    ServerUnavailable,
    SignInAgain,
    UnusableName,
)
from mooring.mail.types import Refusal, Sent

RETRY_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""Before the second try, the third, and so on; the last one again and again."""
MOST_ATTEMPTS: Final = 51
"""With these waits the last one is 48 hours after the first. Counted, so that days on which the account rests do not count."""
PATIENCE_WITH_LOGIN: Final = timedelta(days=3)
WAIT_FOR_A_PERSON: Final = (PasswordNotRemembered, SignInAgain)
"""Known here without asking any server, so that it costs nothing to look again whether the person has been there."""
ASKED_AGAIN_AFTER: Final = timedelta(minutes=1)
ABOUT_THE_ACCOUNT: Final = (LoginRefused, ServerBusy, ServerUnavailable)
"""Said while a letter was handed over, but true of all letters of the account."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said about one recipient."""

    state: str
    """A RecipientState."""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` is an OutgoingState; "ready" means that the attempt did not count, for it was about the account."""

    state: str
    error: MailError | None = None
    next_try_at: datetime | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By the recipients' addresses as they stood in the envelope."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known about the letter when an attempt ends."""

    recipients: Collection[str]
    """Whom this attempt was for."""
    attempts: int
    was_accepted_before: bool
    """Some other recipient got it in an earlier attempt."""
    now: datetime
    chance: float
    """From 0 to 1."""

    def later(self) -> datetime | None:
        """When to try again; None when it was tried for long enough."""
        if self.attempts >= MOST_ATTEMPTS:
            return None
        return self.now + RETRY_WAITS[min(self.attempts, len(RETRY_WAITS)) - 1] * (0.9 + 0.2 * self.chance)


def after_sent(sent: Sent, attempt: Attempt) -> Verdict:
    """The server accepted the letter, if not for everybody."""
    refused = {each.address: each for each in sent.refused}
    answers = {address: _answer(refused.get(address)) for address in attempt.recipients}
    return _concluded(answers, None, attempt, is_accepted=True)


def after_error(error: MailError, attempt: Attempt) -> Verdict:
    """The letter was not accepted, or nobody knows."""
    if isinstance(error, FateUnknown):
        return Verdict("unknown", error, attempt.now)
    if isinstance(error, AllRecipientsRefused):
        answers = {each.address: _answer(each) for each in error.refused}
        return _concluded(answers, error, attempt, is_accepted=attempt.was_accepted_before)
    if isinstance(error, ABOUT_THE_ACCOUNT):
        return Verdict("ready", error)
    if isinstance(error, UnusableName) or (isinstance(error, LetterRefused) and error.is_permanent):
        return _refused_for_good(error, attempt)
    return _again(error, attempt, {}) or _refused_for_good(error, attempt)


def account_rest(
    error: MailError, *, failure_count: int, failing_since: datetime, now: datetime, chance: float
) -> datetime | None:
    """How long nothing is sent from the account; None: until a person does something. `failure_count` is from before."""
    if isinstance(error, WAIT_FOR_A_PERSON):
        return now + ASKED_AGAIN_AFTER
    is_hopeless = isinstance(error, LoginRefused) and now - failing_since >= PATIENCE_WITH_LOGIN
    if error.retry_after is None or is_hopeless:
        return None
    wait = max(RETRY_WAITS[min(failure_count, len(RETRY_WAITS) - 1)], error.retry_after)
    return now + wait * (0.9 + 0.2 * chance)


def _answer(refusal: Refusal | None) -> Answer:
    if refusal is None:
        return Answer("accepted")
    return Answer("refused" if refusal.is_permanent else "waiting", refusal)


def _concluded(answers: Mapping[str, Answer], error: MailError | None, attempt: Attempt, *, is_accepted: bool) -> Verdict:
    waiting = [each.refusal for each in answers.values() if each.state == "waiting" and each.refusal is not None]
    if waiting:
        again = _again(error or AllRecipientsRefused(waiting), attempt, answers)
        if again is not None:
            return again
        answers = {name: Answer("refused", each.refusal) if each.state == "waiting" else each for name, each in answers.items()}
    if is_accepted:
        return Verdict("sent", answers=answers)
    return Verdict("failed", error, answers=answers)


def _again(error: MailError, attempt: Attempt, answers: Mapping[str, Answer]) -> Verdict | None:
    later = attempt.later()
    return Verdict("failed_temp", error, later, answers) if later is not None else None


def _refused_for_good(error: MailError, attempt: Attempt) -> Verdict:
    """Nobody whom this attempt was for gets the letter; whoever got it before, did."""
    answers = {
        address: Answer("refused", Refusal(address, *_numbers(error), error.server_said, is_permanent=True))
        for address in attempt.recipients
    }
    return Verdict("sent" if attempt.was_accepted_before else "failed", error, answers=answers)


def _numbers(error: MailError) -> tuple[int, str]:
    code = error.details.get("reply_code", "")
    return int(code) if code.isdecimal() else 0, error.details.get("status", "")
