"""Letters made to hurt: any bytes are read, in bounded time, to bounded results."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mooring.mail.html_text import html_to_text
from mooring.mail.parsing import part_bytes, read_header, read_letter


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """CPU time of this process, far above what is needed on a busy machine and far below what quadratic work takes."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


def nested(depth: int, *, with_ends: bool) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    ends = b"".join(b"\n--b%d--" % n for n in reversed(range(depth))) if with_ends else b""
    return b"From: a@b.pl\n" + opening + b"\ndeep words" + ends


@pytest.mark.parametrize("with_ends", [True, False])
def test_ten_thousand_levels_end_in_one_opaque_part(with_ends: bool) -> None:
    with at_most(5):
        letter = read_letter(nested(10_000, with_ends=with_ends))
    assert "too-deep" in letter.defects
    assert [one.content_type for one in letter.attachments] == ["application/octet-stream"]
    assert letter.attachments[0].part.count(".") == 49


def test_forty_levels_are_read() -> None:
    assert read_letter(nested(40, with_ends=True)).text == "deep words"


def test_nested_letters_are_not_descended_into() -> None:
    with at_most(5):
        letter = read_letter(b"Content-Type: message/rfc822\n\n" * 10_000)
    assert [one.content_type for one in letter.attachments] == ["message/rfc822"]


def test_of_a_hundred_thousand_parts_the_rest_is_one_opaque_part() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000 + b"--b--"
    with at_most(5):
        letter = read_letter(raw)
    assert "too-many-parts" in letter.defects
    assert letter.text.count("x") == 998
    (rest,) = letter.attachments
    assert (rest.content_type, rest.size > 600_000) == ("application/octet-stream", True)
    assert len(part_bytes(raw, rest.part).data) == rest.size


def test_parts_are_counted_over_all_levels() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\n\n" + b"--c\n\nx\n" * 600 + b"--c--\n"
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + (b"--b\n" + inner) * 600 + b"--b--"
    with at_most(5):
        letter = read_letter(raw)
    assert letter.text.count("x") <= 1_000


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + b"=?utf-8?q?=41bcdefg?= " * 20_000,
        b"Subject: " + b"=?utf-8?q?" * 25_000,
        b"From: " + b"=?utf-8?q?a?= " * 20_000 + b"<a@b.pl>",
        b"To: " + b", ".join(b"Person %d <p%d@example.org>" % (n, n) for n in range(50_000)),
        b"To: " + b"a@b.pl (" * 30_000,
        b'To: "' + b'\\"' * 120_000,
        b"X-Junk: x\r\n" * 100_000,
        b"To: a@b.pl\r\n" * 100_000,
        b"References: " + b"<a@b> " * 40_000,
        b"References: " + b"<" * 250_000,
        b"Date: " + b"1 " * 120_000,
        b"Date: (" * 40_000,
        b"Content-Type: a/b" + b"".join(b"; n*%d*=utf-8''%%41" % n for n in range(5_000)),
        b"Content-Type: a/b; " + b"x" * 250_000,
        b"Content-Type: a/b; n=" + b" " * 250_000,
        b"Content-Type: a/b; n=" + b" x" * 120_000,
        b'Content-Disposition: attachment; filename="' + b"\\" * 250_000,
        b"Content-Type: multipart/mixed; boundary=" + b"-" * 60_000 + b"\n\n" + b"-" * 1_000_000,
        b"Content-Type: multipart/mixed; boundary=-\n\n" + b"---\n" * 300_000,
        b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * 5_000_000,
        b"Content-Type: multipart/mixed\n\n" + b"--" * 2_000_000,
        b"Content-Type: multipart/mixed\n\n" + b"--x\n" * 500_000,
        b"\n" * 1_000_000,
        b" : \n" * 500_000,
        b"\r" * 1_000_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"=" * 5_000_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"A=\n" * 1_000_000,
        b"Content-Transfer-Encoding: quoted-printable\n\n" + b"= " * 1_000_000,
        b"Content-Transfer-Encoding: quoted-printable\n\n=" + b" " * 1_000_000,
        b"Content-Transfer-Encoding: x-uuencode\n\n" + b"begin \n" * 500_000,
    ],
    ids=lambda raw: raw[:30].decode("ascii", "replace"),
)
def test_hostile_letters_take_linear_time(raw: bytes) -> None:
    with at_most(10):
        read_letter(raw)
        read_header(raw)


def test_fifty_megabytes_are_read() -> None:
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n"
    raw = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + line * 640_000
    with at_most(10):
        (attachment,) = read_letter(raw).attachments
    assert attachment.size > 35_000_000


@pytest.mark.parametrize(
    "html",
    [
        "<!--" * 32_768,
        "<a " * 8_192,
        "<div>" * 50_000,
        "<" * 500_000,
        "<a" * 500_000,
        "<a href='" * 200_000,
        '<a "' * 200_000,
        "<a =" * 200_000,
        "<a/" * 300_000,
        "</" * 500_000,
        "<!" * 500_000,
        "<?" * 500_000,
        "<script>" * 100_000,
        "<style>a</style" * 100_000,
        "<title>" * 100_000,
        "<textarea></textarea " * 50_000,
        "&" * 1_000_000,
        "&#x1;" * 300_000,
        " " * 2_000_000,
        "\n" * 2_000_000,
        "<br> \n" * 300_000,
        "<pre>" + " \n" * 900_000,
    ],
    ids=lambda html: html[:12],
)
def test_hostile_html_becomes_text_in_linear_time(html: str) -> None:
    with at_most(10):
        html_to_text(html)


def test_html_is_read_up_to_two_megabytes() -> None:
    found = read_letter(b"Content-Type: text/html\n\n<p>first" + b" x" * 2_000_000 + b"<p>last")
    assert "text-too-large" in found.defects
    assert len(found.html) == 2_097_152


PIECES = [
    b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: multipart/alternative; boundary=b--",
    b"Content-Type: text/html; charset=utf-16",
    b"Content-Type: text/plain; charset=iso-2022-jp",
    b"Content-Type: message/rfc822",
    b"Content-Type: ;name*0*=utf-7''%2B2AA-",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: uuencode",
    b"Content-Disposition: attachment; filename=",
    b"From: =?utf-8?q?a=40b?= <c@d>, e@f(",
    b"Date: 31 Feb 100 25:61:99 +9999",
    b"Subject: =?zlib?b?eJw=?=",
    b"Subject: =?hex?q?zz?=",
    b"Message-ID: <<x@y>",
    b"--b",
    b"--b--",
    b"begin 644 x",
    b"<p><b>&amp;<!--",
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"=",
    b"\0\xff\xfe",
    b" ",
]


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=12), max_size=40).map(b"".join) | st.binary(max_size=400))
def test_any_bytes_are_read_without_raising(raw: bytes) -> None:
    letter = read_letter(raw)
    assert read_header(raw).subject == letter.header.subject or not raw.isascii()
    assert letter.fingerprint
    for text in (letter.text, letter.html, letter.header.subject, *(one.name for one in letter.attachments)):
        text.encode("utf-8")
        assert "\0" not in text
    for one in letter.attachments:
        assert len(part_bytes(raw, one.part).data) == one.size


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("<>/!-'\"=& abpr\n&;#")), max_size=120))
def test_any_html_becomes_text(html: str) -> None:
    assert "\0" not in html_to_text(html)
