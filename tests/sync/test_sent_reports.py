"""Bounces and automatic answers find the letter that they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from letters.making_outgoing import make_outgoing
from mooring.customers.models import Contact
from mooring.letters.models import Letter, MailAccount, OutgoingLetter, OutgoingReport, OutgoingState
from mooring.letters.outgoing_reports import reports_of_outgoing, reports_on
from mooring.sync.engine import Engine
from mooring.sync.models import BackfillMark
from mooring.sync.reports import LAG, look_for_reports
from mooring.sync.sent_archive import archive_sent
from mooring.users.models import JournalEntry, User
from servers.scripted_smtp import DOT, ScriptedSmtp
from sync.mailboxes import WHY, Clock, deliver, make_letter, visit
from sync.outboxes import answers, now_of, queue, send, sending_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(owner: User, maildir: Path, smtp: ScriptedSmtp) -> MailAccount:
    return sending_account(owner, maildir, smtp)


@pytest.fixture
def sent(account: MailAccount, carol: Contact, engine: Engine, clock: Clock) -> OutgoingLetter:
    letter = queue(account, engine, clock, to=("carol@harbour.example", "dan@harbour.example"))
    send(account, engine, clock)
    archive_sent(account, engine=engine, clock=clock)
    return now_of(letter)


def bounce(
    letter: OutgoingLetter, *, address: str = "carol@harbour.example", action: str = "failed", status: str = "5.1.1"
) -> bytes:
    parts = (
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{letter.message_id}>\r\n\r\n--b--"
    )
    headers = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
    return make_letter("MAILER-DAEMON@mx.far.example", subject="Undelivered", headers=headers, body=parts)


def look(engine: Engine, clock: Clock) -> int:
    clock.wind(seconds=LAG.total_seconds())
    return look_for_reports(originals=engine.originals, now=clock())


def test_a_bounce_is_kept_and_shown_at_the_letter_and_its_recipient(
    account: MailAccount, sent: OutgoingLetter, maildir: Path, engine: Engine, clock: Clock
) -> None:
    deliver(maildir, bounce(sent))
    visit(account, engine=engine, clock=clock)
    assert look(engine, clock) == 1
    assert answers(sent) == {"carol@harbour.example": ("bounced", 0), "dan@harbour.example": ("accepted", 0)}
    (report,) = reports_of_outgoing(sent)
    assert (report.kind, report.status, report.said) == ("failed", "5.1.1", "550 no such user")
    assert report.letter is not None
    assert report.letter.subject == "Undelivered"
    assert sent.letter is not None
    assert reports_on(sent.letter) == [report]
    assert reports_on(report.letter) == []
    assert JournalEntry.objects.filter(action="reported").count() == 1
    BackfillMark.objects.update(last_id=0)
    assert look(engine, clock) == 1
    assert OutgoingReport.objects.count() == 1


def test_a_delay_and_an_automatic_answer_leave_the_recipient_as_it_is(
    account: MailAccount, sent: OutgoingLetter, maildir: Path, engine: Engine, clock: Clock
) -> None:
    away = f"Auto-Submitted: auto-replied\r\nIn-Reply-To: <{sent.message_id}>\r\n"
    deliver(maildir, bounce(sent, action="delayed", status="4.4.1"), make_letter(subject="Away until May", headers=away))
    visit(account, engine=engine, clock=clock)
    assert look(engine, clock) == 2
    assert {report.kind for report in reports_of_outgoing(sent)} == {"delayed", "auto_reply"}
    assert set(answers(sent).values()) == {("accepted", 0)}


def test_a_bounce_of_somebody_it_was_forwarded_to_is_about_the_letter(
    account: MailAccount, sent: OutgoingLetter, maildir: Path, engine: Engine, clock: Clock
) -> None:
    deliver(maildir, bounce(sent, address="elsewhere@far.example"))
    visit(account, engine=engine, clock=clock)
    look(engine, clock)
    (report,) = reports_of_outgoing(sent)
    assert (report.recipient, report.address) == (None, "elsewhere@far.example")
    assert set(answers(sent).values()) == {("accepted", 0)}


def test_a_report_proves_that_a_letter_of_unknown_fate_was_sent(
    account: MailAccount, carol: Contact, maildir: Path, engine: Engine, clock: Clock, smtp: ScriptedSmtp
) -> None:
    smtp.cuts_at, smtp.accepts_before_cut = DOT, True
    letter = queue(account, engine, clock)
    send(account, engine, clock)
    assert now_of(letter).state == OutgoingState.UNKNOWN
    other = make_outgoing(account, state=OutgoingState.SENT)
    deliver(maildir, bounce(letter), bounce(other))
    OutgoingLetter.objects.unscoped(WHY).filter(pk=other.pk).delete()
    MailAccount.objects.unscoped(WHY).update(is_main=True)
    visit(account, engine=engine, clock=clock)
    assert look(engine, clock) == 1
    assert (now_of(letter).state, now_of(letter).evidence[-1]["where"]) == (OutgoingState.SENT, "report")
    assert answers(letter) == {"carol@harbour.example": ("bounced", 0)}


def test_a_report_about_a_letter_of_somebody_else_means_nothing(
    account: MailAccount, sent: OutgoingLetter, maildir: Path, engine: Engine, clock: Clock
) -> None:
    sent.message_id = f"x{sent.message_id}"
    deliver(maildir, bounce(sent), make_letter("mailer-daemon@far.example", subject="Ahoy"))
    visit(account, engine=engine, clock=clock)
    assert look(engine, clock) == 0
    assert not OutgoingReport.objects.exists()


def test_bytes_that_are_gone_stop_nothing(
    account: MailAccount, sent: OutgoingLetter, maildir: Path, engine: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(maildir, bounce(sent))
    visit(account, engine=engine, clock=clock)
    reporting = Letter.objects.unscoped(WHY).get(subject="Undelivered")
    type(reporting.original).objects.filter(pk=reporting.original_id).update(pack="gone")
    assert look(engine, clock) == 0
    assert "cannot be read as a report" in caplog.text
    assert look(engine, clock) == 0


def test_an_account_that_never_sent_keeps_no_letters_of_mail_servers(
    account: MailAccount, maildir: Path, engine: Engine, clock: Clock
) -> None:
    deliver(maildir, make_letter("MAILER-DAEMON@mx.far.example", subject="Undelivered"))
    visit(account, engine=engine, clock=clock)
    assert not Letter.objects.unscoped(WHY).exists()
    assert look(engine, clock) == 0
