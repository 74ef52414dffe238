"""Header blocks: texts, dates, ids and marks, well-formed and as they really come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mooring.mail.charsets import codec_of, decode, scrub
from mooring.mail.dates import read_date
from mooring.mail.encoded_words import decode_words
from mooring.mail.headers import read_ids
from mooring.mail.parsing import read_header
from mooring.mail.types import Header


def header(*lines: str, encoding: str = "utf-8") -> Header:
    return read_header("\r\n".join((*lines, "", "")).encode(encoding))


# ---- the block


def test_a_plain_header_is_read_in_full() -> None:
    found = header(
        "From: Jo Kim <Jo@X.pl>",
        "To: a@y.de, b@y.de",
        "Cc: c@y.de",
        "Bcc: d@y.de",
        "Reply-To: r@x.pl",
        "Sender: s@x.pl",
        "Subject: Offer",
        "Date: Mon, 2 Mar 2026 10:00:00 +0100",
        "Message-ID: <1@x.pl>",
        "In-Reply-To: <0@y.de>",
        "References: <r@y.de>\r\n\t<0@y.de>",
    )
    assert [(role, one.key) for role, one in found.people()] == [
        ("from", "jo@x.pl"),
        ("reply_to", "r@x.pl"),
        ("sender", "s@x.pl"),
        ("to", "a@y.de"),
        ("to", "b@y.de"),
        ("cc", "c@y.de"),
        ("bcc", "d@y.de"),
    ]
    assert (found.subject, found.message_id, found.in_reply_to) == ("Offer", "1@x.pl", ("0@y.de",))
    assert found.references == ("r@y.de", "0@y.de")
    assert found.date == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert found.defects == ()
    assert not found.ambiguous
    assert (found.is_automatic, found.is_bulk, found.is_confidential) == (False, False, False)


def test_nothing_gives_a_harmless_header() -> None:
    found = read_header(b"")
    assert found == Header(defects=("no-from", "no-date", "no-message-id"))


@pytest.mark.parametrize(
    "raw",
    [
        b"From jo@x.pl Mon Mar  2 10:00:00 2026\nSubject: Hi\n\nbody",
        b">From jo@x.pl Mon Mar  2 10:00:00 2026\r\nSubject: Hi\r\n\r\nbody",
        b"\r\n\nSubject: Hi\n\nbody",
        b"Subject: Hi\r\rbody\r",
        b"Subject:Hi\n\nbody",
        b"Subject : Hi\n\nbody",
        b"SUBJECT: Hi\r\n\nbody",
        b"junk before\nSubject: Hi\n\nbody",
        b"To: x\njunk between\nSubject: Hi\n\nbody",
        b"Subject: Hi",
        b"Subject:\n Hi\n\n",
        b"Subject: Hi\nSubject: second\n\n",
    ],
)
def test_the_block_is_found_however_it_is_written(raw: bytes) -> None:
    assert read_header(raw).subject == "Hi"


def test_a_block_beyond_the_bounds_is_read_up_to_them() -> None:
    many = read_header(b"Subject: Hi\r\n" + b"X-Junk: y\r\n" * 100_000 + b"From: a@b.pl\r\n\r\n")
    assert (many.subject, many.from_, many.defects[0]) == ("Hi", (), "header-too-large")
    large = read_header(b"Subject: Hi\r\nX-Junk: " + b"y" * 300_000 + b"\r\nFrom: a@b.pl\r\n\r\n")
    assert (large.subject, large.from_, large.defects[0]) == ("Hi", (), "header-too-large")


# ---- who


@pytest.mark.parametrize(
    ("lines", "ambiguous"),
    [
        (["From: a@x.pl", "From: b@y.de"], {"from"}),
        (["From: a@x.pl", "From: a@x.pl"], set()),
        (["From: a@x.pl, b@y.de"], {"from"}),
        (["From: a@x.pl, A@x.pl"], set()),
        (["From: a@x.pl", "Sender: b@x.pl, c@x.pl"], {"sender"}),
        (["From: a@x.pl", "Reply-To: b@x.pl, c@x.pl"], set()),
        (["From: a@x.pl", "Reply-To: b@x.pl", "Reply-To: c@x.pl"], {"reply_to"}),
        (["From: a@x.pl", "To: b@y.de", "To: c@y.de"], set()),
        (["From: a@x.pl", "Cc: b@y.de(c@y.de"], {"cc"}),
        (["From: a@x.pl\0@y.de"], {"from"}),
    ],
)
def test_roles_readable_in_two_ways_are_named(lines: list[str], ambiguous: set[str]) -> None:
    assert header(*lines).ambiguous == ambiguous


def test_several_to_headers_are_taken_together() -> None:
    found = header("From: a@x.pl", "To: b@y.de", "To: c@y.de")
    assert [one.key for one in found.to] == ["b@y.de", "c@y.de"]
    assert "repeated-to" in found.defects


# ---- texts


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("plain", "plain"),
        ("=?utf-8?Q?za=C5=BC=C3=B3=C5=82=C4=87?=", "zażółć"),
        ("=?UTF-8?b?xbzDs8WCdw==?=", "żółw"),
        ("=?iso-8859-2?q?=BF=F3=B3w?= end", "żółw end"),
        ("a =?utf-8?q?b?= =?utf-8?q?c?= d", "a bc d"),
        ("=?utf-8?q?b?==?utf-8?q?c?=", "bc"),
        ("=?utf-8?q?=C5?= =?utf-8?q?=BC?=", "ż"),
        ("=?utf-8?B?xQ==?=\r\n =?utf-8?B?vA==?=", "ż"),
        ("=?utf-8?q?=C5?= =?iso-8859-2?q?=BF?=", "\ufffdż"),
        ("=?utf-8*pl?q?=C5=BC?=", "ż"),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?utf-8?q?a_b?=", "a b"),
        ("=?utf-8?q?=ZZ?=", "=ZZ"),
        ("=?utf-8?b?YWI?=", "ab"),
        ("=?utf-8?b?YWJjZ?=", "abc"),
        ("=?utf-8?b?Y W*I=?=", "ab"),
        ("=?nowhere?q?abc?=", "abc"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("=?utf-8?q?abc =?utf-8?q?d?=", "=?utf-8?q?abc d"),
        ("=?utf-8?q?a?= ", "a "),
        ("=?utf-8?q??=x", "x"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("1 =? 2", "1 =? 2"),
    ],
)
def test_encoded_words(text: str, decoded: str) -> None:
    assert decode_words(text) == decoded


def test_only_four_kilobytes_of_encoded_words_are_decoded() -> None:
    found = decode_words("=?utf-8?q?aaaaaaaaaa?= " * 20_000)
    assert found.startswith("a" * 4_090 + " =?utf-8?q?")


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        ("Subject: żółw".encode(), "żółw"),
        (b"Subject: a\xc5\r\n \xbcb", "ażb"),
        ("Subject: żółw".encode("iso-8859-2"), ""),
        (b"Subject: x=?utf-8?q?=0D=0A?=Bcc: e@f.gh", "x Bcc: e@f.gh"),
        (b"Subject: a\0b\x1b[0m\xe2\x80\xa8c", "a b [0m c"),
        (b"Subject: =?utf-7?q?+2AA-?=", "\ufffd"),
        (b"Subject:   many   blanks\t here  ", "many blanks here"),
        (b"Subject: " + b"x" * 5_000, "x" * 1_000),
    ],
)
def test_subjects_are_one_clean_line(raw: bytes, subject: str) -> None:
    found = read_header(raw + b"\r\n\r\n").subject
    assert found == subject if subject else found


# ---- charsets


@pytest.mark.parametrize(
    ("raw", "charset", "text", "defect"),
    [
        ("ż".encode(), "", "ż", ""),
        ("ż".encode(), "utf-8", "ż", ""),
        ("ż".encode(), "us-ascii", "ż", "wrong-charset"),
        ("ż".encode(), "x-unknown", "ż", "unknown-charset"),
        ("ż".encode(), "gb18030", "偶", ""),
        (b"\x80 5", "iso-8859-1", "€ 5", ""),
        ("한".encode("cp949"), "ks_c_5601-1987", "한", ""),
        ("中".encode("gb18030"), "gb2312", "中", ""),
        ("ż".encode("utf-16"), "utf-16", "ż", ""),
        ("ż".encode(), "iso-2022-jp", "ż", "wrong-charset"),
        (b"ab\xffcd", "utf-8", "ab\ufffdcd", "wrong-charset"),
        (b"ab\x81cd", "windows-1252", "ab\ufffdcd", "wrong-charset"),
        (b"a\0b", "", "ab", ""),
        (b"+2AA-", "utf-7", "\ufffd", ""),
    ],
)
def test_the_charset_ladder(raw: bytes, charset: str, text: str, defect: str) -> None:
    assert decode(raw, charset) == (text, defect)


def test_charsets_without_a_name_are_guessed() -> None:
    text = "Szanowni Państwo, uprzejmie proszę o przesłanie oferty na dostawę części. Z poważaniem, Łukasz Żółć. " * 5
    assert "Szanowni Pa" in decode(text.encode("cp1250"), "")[0]
    assert decode(b"\xff\xfe\xfd" * 40, "")[1] == "wrong-charset"
    assert decode(bytes(range(128, 256)) * 4, "utf-8")[1] == "wrong-charset"


@pytest.mark.parametrize(
    "name", ["", "hex", "zlib", "rot13", "idna", "punycode", "unicode_escape", "undefined", "a\0b", "x" * 50, "no such"]
)
def test_codecs_that_are_no_charsets_cannot_be_chosen(name: str) -> None:
    assert codec_of(name) == ""


def test_scrubbed_text_can_be_stored() -> None:
    assert scrub("a\0b\ud800ż") == "ab\ufffdż"
    assert scrub("plain") == "plain"


# ---- dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0100", "2026-03-02T09:00:00"),
        ("2 Mar 2026 10:00 -0530", "2026-03-02T15:30:00"),
        ("Mon, 02 Mar 2026 10:00:00 GMT (comment)", "2026-03-02T10:00:00"),
        ("Mon, 02 Mar 2026 10:00:00 +0100 (CET)", "2026-03-02T09:00:00"),
        ("Mon,2 Mar 2026 10:00:00 EST", "2026-03-02T15:00:00"),
        ("Mon, 2 March 2026 10:00:00 Z", "2026-03-02T10:00:00"),
        ("Mon, 2-Mar-2026 10:00:00 CET", "2026-03-02T09:00:00"),
        ("Mon, 2 Mar 26 10:00:00 +0000", "2026-03-02T10:00:00"),
        ("Mon, 2 Mar 98 10:00:00 +0000", "1998-03-02T10:00:00"),
        ("Mon, 2 Mar 100 10:00:00 +0000", "2000-03-02T10:00:00"),
        ("Mon, 2 Mar 2026 10.00.00 +01:00", "2026-03-02T09:00:00"),
        ("Mon, 2 Mar 2026 10:00:60 +0000", "2026-03-02T10:00:59"),
        ("Mon, 2 Mar 2026 10:00:00 +9999", "2026-03-02T10:00:00"),
        ("Mon, 2 Mar 2026 10:00:00 WHAT", "2026-03-02T10:00:00"),
        ("Mon, 2 Mar 2026 1:05:00 PM +0000", "2026-03-02T13:05:00"),
        ("Mon, 2 Mar 2026 12:05:00 AM +0000", "2026-03-02T00:05:00"),
        ("Mon, 2 Mar 2026", "2026-03-02T00:00:00"),
        ("Mon Mar  2 10:00:00 2026", "2026-03-02T10:00:00"),
        ("Mon Mar  2 10:00:00 CET 2026", "2026-03-02T09:00:00"),
        ("Mon Mar  2 10:00:00 2026 +0100", "2026-03-02T09:00:00"),
        ("March 2, 2026 10:00:00 +0000", "2026-03-02T10:00:00"),
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00"),
        ("2026-03-02 10:00:00.123 +0200", "2026-03-02T08:00:00"),
        ("2026/03/02", "2026-03-02T00:00:00"),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert read_date(text) == datetime.fromisoformat(f"{expected}+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "<b>Mon</b>",
        "31 Feb 2026 10:00:00 +0000",
        "2 Foo 2026 10:00:00 +0000",
        "2 Mar 2026 25:00:00 +0000",
        "2 Mar 1066 10:00:00 +0000",
        "2 Mar 9999 10:00:00 +0000",
        "2 Mar 99999 10:00:00 +0000",
        "Fri, 31 Dec 9999 23:00:00 -0500",
        "Fri, 31 Dec 9999 23:00 -0500",
        "Mar 2 10:00:00",
        "1 Jan 1970 00:00:00 +0100",
    ],
)
def test_what_is_no_date_or_out_of_bounds_is_none(text: str) -> None:
    assert read_date(text) is None


def test_an_unreadable_date_is_noted() -> None:
    assert "unreadable-date" in header("From: a@x.pl", "Date: soon").defects


# ---- ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("<a@b>", ("a@b",)),
        (" <a@b>\t<c@d> <a@b>", ("a@b", "c@d")),
        ("<a@ b>", ("a@b",)),
        ("a@b", ("a@b",)),
        ("a b@c", ()),
        ("Your letter of Monday", ()),
        ("<>", ()),
        ("< >", ()),
        ("<<a@b>", ("a@b",)),
        (f"<{'x' * 1_500}@b>", ()),
        ("", ()),
    ],
)
def test_message_ids(text: str, ids: tuple[str, ...]) -> None:
    assert read_ids(text) == ids


def test_of_many_references_the_root_and_the_latest_are_kept() -> None:
    found = header("From: a@x.pl", "References: " + " ".join(f"<{number}@x>" for number in range(500)))
    assert (len(found.references), found.references[0], found.references[-1]) == (100, "0@x", "499@x")


# ---- marks


@pytest.mark.parametrize(
    ("line", "is_automatic"),
    [
        ("Auto-Submitted: auto-replied; owner-email=x", True),
        ("Auto-Submitted: no", False),
        ("X-Autoreply: yes", True),
        ("X-Autoreply: no", False),
        ("X-Autorespond: Away", True),
        ("X-Autoresponder: x", True),
        ("X-Auto-Response-Suppress: All", True),
        ("X-Auto-Response-Suppress: None", False),
        ("Precedence: auto_reply", True),
        ("Precedence: bulk", False),
        ("Return-Path: <>", True),
        ("Return-Path: <a@b.pl>", False),
        ("Content-Type: multipart/report; report-type=delivery-status", True),
        ("Subject: Automatic reply: Offer", True),
        ("Subject: Odpowiedź automatyczna: Oferta", True),
        ("Subject: Out of Office: Offer", True),
        ("Subject: OOF: Offer", True),
        ("Subject: Offer for an automatic reply machine", False),
    ],
)
def test_automatic_letters(line: str, is_automatic: bool) -> None:
    assert header("From: a@x.pl", line).is_automatic is is_automatic


@pytest.mark.parametrize(
    ("line", "is_bulk"),
    [
        ("List-Id: <x.y>", True),
        ("List-Unsubscribe: <https://x.pl>", True),
        ("Feedback-ID: 1:2:3", True),
        ("Precedence: Bulk", True),
        ("Precedence: list", True),
        ("Precedence: junk", True),
        ("Precedence: first-class", False),
    ],
)
def test_bulk_letters(line: str, is_bulk: bool) -> None:
    assert header("From: a@x.pl", line).is_bulk is is_bulk


@pytest.mark.parametrize(
    ("value", "is_confidential"),
    [("Private", True), ("personal", True), ("Company-Confidential", True), ("normal", False), ("", False)],
)
def test_confidential_letters(value: str, is_confidential: bool) -> None:
    assert header("From: a@x.pl", f"Sensitivity: {value}").is_confidential is is_confidential
