"""Letters about letters: bounces, delays, automatic answers, receipts and complaints, in standard form and in words."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail.reports import Report, Reported, ReportKind, is_from_server, read_report
from testdata import FOLDER, needs_testdata

COPY = "Message-ID: <1.ab@mooring.example>\nFrom: bob@mooring.example\nSubject: Ropes\n"


def letter(*lines: str) -> bytes:
    return "\r\n".join("\n".join(lines).split("\n")).encode()


def report(status: str, *, copy: str = COPY, copy_type: str = "text/rfc822-headers") -> bytes:
    return letter(
        "From: MAILER-DAEMON@mx.example",
        "Subject: Undelivered Mail Returned to Sender",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "I could not deliver it.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        status,
        "--b",
        f"Content-Type: {copy_type}",
        "",
        copy,
        "--b--",
        "",
    )


def found(raw: bytes) -> Report:
    read = read_report(raw)
    assert read is not None
    return read


def test_each_recipient_has_a_block_of_its_own() -> None:
    read = found(
        report(
            "Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: 9.cd+2Be@mooring.example\n\n"
            "Original-Recipient: rfc822;carol@harbour.example\nFinal-Recipient: rfc822; carol@elsewhere.example\nAction: failed\n"
            "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1\n no such user\n\n"
            "Final-Recipient: rfc822;<dan@harbour.example>\nStatus: 4.2.2\n\n"
            "Final-Recipient: rfc822;eve@harbour.example\nAction: relayed (to mx2)\n\n"
            "Final-Recipient: rfc822;nonsense\nAction: failed\n\nFinal-Recipient: rfc822;fay@harbour.example\n\nno field at all"
        )
    )
    assert read.kind is ReportKind.FAILED
    assert read.about == ("1.ab@mooring.example", "9.cd+e@mooring.example")
    assert read.recipients == (
        Reported("carol@harbour.example", ReportKind.FAILED, "5.1.1", "550 5.1.1 no such user"),
        Reported("dan@harbour.example", ReportKind.DELAYED, "4.2.2", ""),
        Reported("eve@harbour.example", ReportKind.DELIVERED, "", ""),
    )


def test_a_delay_is_no_failure() -> None:
    read = found(
        report("Final-Recipient: rfc822;carol@harbour.example\nAction: delayed\nStatus: 4.4.1", copy_type="message/rfc822")
    )
    assert (read.kind, read.about) == (ReportKind.DELAYED, ("1.ab@mooring.example",))


def test_a_report_without_usable_blocks_is_read_as_words() -> None:
    read = found(report("nothing of use").replace(b"I could not deliver it.", b"550 5.1.1 for carol@harbour.example"))
    assert read.recipients[0].address == "carol@harbour.example"


def test_a_copy_without_an_id_does_not_say_what_a_report_is_about() -> None:
    read = found(report("Final-Recipient: rfc822;dan@harbour.example\nAction: failed", copy="Subject: Ropes"))
    assert ([one.address for one in read.recipients], read.about) == (["dan@harbour.example"], ())


def test_receipts_and_complaints_are_told_apart() -> None:
    opened = report("x").replace(b"message/delivery-status", b"message/disposition-notification")
    complaint = report("x").replace(b"message/delivery-status", b"message/feedback-report")
    assert (found(opened).kind, found(complaint).kind) == (ReportKind.OPENED, ReportKind.COMPLAINT)
    assert found(complaint).about == ("1.ab@mooring.example",)


QMAIL = letter(
    "Return-Path: <>",
    "From: MAILER-DAEMON@mx.example",
    "To: bob@mooring.example",
    "Subject: failure notice",
    "",
    "Hi. I wasn't able to deliver your message of bob@mooring.example.",
    "",
    "<carol@harbour.example>:",
    "192.0.2.1 does not like recipient. Remote host said: 550 no such user",
    "",
    "--- Below this line is a copy of the message.",
    "",
    "Return-Path: <bob@mooring.example>",
    "Message-ID: <1.ab@mooring.example>",
    "To: someone.else@harbour.example",
)


def test_a_bounce_in_words_names_its_recipient_and_its_letter() -> None:
    read = found(QMAIL)
    assert (read.kind, read.about) == (ReportKind.FAILED, ("1.ab@mooring.example",))
    (recipient,) = read.recipients
    assert (recipient.address, recipient.status) == ("carol@harbour.example", "5.0.0")
    assert "no such user" in recipient.said


def test_a_server_that_keeps_trying_reports_a_delay() -> None:
    late = QMAIL.replace(b"does not like recipient.", b"is down. We will keep trying.").replace(b"550 no such user", b"wait")
    assert found(late).kind is ReportKind.DELAYED
    assert found(late).recipients[0].status == ""


def test_exim_names_those_who_failed_in_a_field() -> None:
    raw = letter(
        "X-Failed-Recipients: carol@harbour.example, dan@harbour.example",
        "Subject: Whatever",
        "Content-Type: text/html",
        "",
        "<p>carol@harbour.example: 550 5.7.1 no</p>",
    )
    assert [(each.address, each.status) for each in found(raw).recipients] == [
        ("carol@harbour.example", "5.7.1"),
        ("dan@harbour.example", "5.7.1"),
    ]
    bare = letter("X-Failed-Recipients: carol@harbour.example", "Content-Type: image/png", "", "x")
    assert found(bare).recipients[0].said == ""


def test_an_automatic_answer_is_about_the_letter_it_answers() -> None:
    raw = letter(
        "From: Carol <carol@harbour.example>",
        "Subject: Away until May",
        "Auto-Submitted: auto-replied",
        "In-Reply-To: <1.ab@mooring.example>",
        "",
        "Ahoy",
    )
    read = found(raw)
    assert (read.kind, read.about) == (ReportKind.AUTO_REPLY, ("1.ab@mooring.example",))
    assert read.recipients[0] == Reported("carol@harbour.example", ReportKind.AUTO_REPLY, "", "Away until May")


@pytest.mark.parametrize(
    "lines",
    [
        ("From: carol@harbour.example", "Subject: Undeliverable ideas", "", "Not a bounce: dan@harbour.example"),
        ("From: carol@harbour.example", "Auto-Submitted: auto-generated", "", "A notice"),
        ("From: l@harbour.example", "Auto-Submitted: auto-generated", "List-Id: <l.x>", "In-Reply-To: <1@x>", "", "A list"),
        ("From: postmaster@harbour.example", "Subject: Welcome", "", "A letter by a person"),
        ("",),
    ],
)
def test_other_letters_are_no_reports(lines: tuple[str, ...]) -> None:
    assert read_report(letter(*lines)) is None


def test_mail_servers_are_known_by_their_names() -> None:
    assert is_from_server("MAILER-DAEMON@mx.example")
    assert is_from_server("Mail Delivery System x@mx.example")
    assert not is_from_server("Carol carol@harbour.example")


@given(st.binary(max_size=2_000))
def test_nothing_is_ever_raised(raw: bytes) -> None:
    read_report(raw)
    read_report(report("x") + raw)


@needs_testdata
@pytest.mark.parametrize(("folder", "least_recognised"), [("bsd", 130), ("dos", 77), ("err", 36)])
def test_bounces_of_some_eighty_mail_systems_are_recognised(folder: str, least_recognised: int) -> None:
    letters = sorted((FOLDER / "mail" / "sisimai" / folder).glob("*.eml"))
    reports = [read_report(path.read_bytes()) for path in letters]
    kinds = Counter(read.kind if read else None for read in reports)
    assert len(letters) - kinds[None] >= least_recognised
    named = sum(1 for read in reports if read is not None and read.recipients)
    assert named >= least_recognised - 7


@needs_testdata
def test_what_only_looks_like_a_bounce_is_none() -> None:
    for path in (FOLDER / "mail" / "sisimai" / "not").glob("*.eml"):
        assert read_report(path.read_bytes()) is None
