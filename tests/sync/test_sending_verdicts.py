"""What an attempt to send means, decided without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mooring.mail.errors import (
    AllRecipientsRefused,
    ConnectionLost,
    FateUnknown,
    LetterRefused,
    LoginRefused,
    MailError,
    PasswordNotRemembered,
    PlainLoginRefused,
    ServerBusy,
    UnusableName,
)
from mooring.mail.types import Refusal, Sent
from mooring.sync.sending_verdicts import MOST_ATTEMPTS, RETRY_WAITS, Attempt, account_rest, after_error, after_sent

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GREYLISTED = Refusal("a@x.example", 450, "4.2.0", "later", is_permanent=False)
NOBODY = Refusal("b@x.example", 550, "5.1.1", "nobody", is_permanent=True)


def attempt(number: int = 1, *, was_accepted_before: bool = False) -> Attempt:
    return Attempt(("a@x.example", "b@x.example"), number, was_accepted_before, NOW, 0.5)


def test_a_letter_accepted_for_everybody_is_sent() -> None:
    verdict = after_sent(Sent(), attempt())
    assert (verdict.state, {each.state for each in verdict.answers.values()}) == ("sent", {"accepted"})


def test_a_refusal_for_good_does_not_keep_the_letter_from_being_sent() -> None:
    verdict = after_sent(Sent((NOBODY,)), attempt())
    assert (verdict.state, verdict.answers["b@x.example"].state) == ("sent", "refused")


def test_a_refusal_for_now_is_tried_again_and_in_the_end_final() -> None:
    assert after_sent(Sent((GREYLISTED,)), attempt()).next_try_at == NOW + RETRY_WAITS[0]
    last = after_sent(Sent((GREYLISTED,)), attempt(MOST_ATTEMPTS))
    assert (last.state, last.answers["a@x.example"].state) == ("sent", "refused")
    nobody_got_it = after_error(AllRecipientsRefused((GREYLISTED, NOBODY)), attempt(MOST_ATTEMPTS))
    assert nobody_got_it.state == "failed"
    assert {each.state for each in nobody_got_it.answers.values()} == {"refused"}


def test_the_waits_last_two_days() -> None:
    waits = timedelta()
    for number in range(1, MOST_ATTEMPTS):
        again = attempt(number).later()
        assert again is not None
        waits += again - NOW
    assert timedelta(hours=47) < waits < timedelta(hours=49)
    assert attempt(MOST_ATTEMPTS).later() is None


@pytest.mark.parametrize("error", [UnusableName(what="x"), LetterRefused("spam", is_permanent=True, reply_code="554", status="")])
def test_what_is_refused_for_good_fails_unless_somebody_got_it(error: MailError) -> None:
    assert after_error(error, attempt()).state == "failed"
    assert after_error(error, attempt(was_accepted_before=True)).state == "sent"


def test_only_a_lost_answer_makes_a_fate_unknown() -> None:
    assert after_error(FateUnknown(host="x"), attempt()).state == "unknown"
    assert after_error(ConnectionLost(host="x"), attempt()).state == "failed_temp"


@pytest.mark.parametrize("error", [LoginRefused(user="bob"), ServerBusy(reason="x")])
def test_what_is_about_the_account_does_not_count_against_the_letter(error: MailError) -> None:
    assert after_error(error, attempt()).state == "ready"


def test_an_account_rests_as_long_as_its_trouble_asks_for() -> None:
    def rest(error: MailError, *, count: int = 0, days: int = 0) -> datetime | None:
        return account_rest(error, failure_count=count, failing_since=NOW - timedelta(days=days), now=NOW, chance=0.5)

    assert rest(ConnectionLost(host="x")) == NOW + timedelta(minutes=1)
    assert rest(ConnectionLost(host="x"), count=9) == NOW + timedelta(hours=1)
    assert rest(LoginRefused(user="bob")) == NOW + timedelta(hours=1)
    assert rest(LoginRefused(user="bob"), days=3) is None
    assert rest(PlainLoginRefused(host="x")) is None
    assert rest(PasswordNotRemembered(user="bob"), days=9) == NOW + timedelta(minutes=1)
