"""Parts of letters: bodies are found, attachments are named, and nothing vanishes from broken ones."""

from __future__ import annotations

import base64
import binascii
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.mail.names import safe_name
from mooring.mail.parameters import read_value
from mooring.mail.parsing import UnableToFindPart, part_bytes, read_letter
from mooring.mail.transfer import decode_body, encoding_of
from mooring.mail.types import ParsedLetter


def letter(text: str) -> ParsedLetter:
    return read_letter(text.encode())


def multipart(*parts: str, kind: str = "mixed", boundary: str = "B") -> str:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'From: a@b.pl\nContent-Type: multipart/{kind}; boundary="{boundary}"\n\n{body}--{boundary}--\n'


PLAIN = "Content-Type: text/plain\n\nwords"
HTML = "Content-Type: text/html\n\n<p>markup"
IMAGE = 'Content-Type: image/png; name="i.png"\nContent-ID: <i@x>\nContent-Transfer-Encoding: base64\n\niVBORw=='
PDF = 'Content-Type: application/pdf\nContent-Disposition: attachment; filename="o.pdf"\n\n%PDF'


def names(found: ParsedLetter) -> list[str]:
    return [one.name for one in found.attachments]


# ---- bodies


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_part_without_any_fields_is_plain_text(line_end: str) -> None:
    assert letter(multipart("\nAhoy").replace("\n", line_end)).text.strip() == "Ahoy"


def test_a_letter_without_any_fields_for_its_type_is_plain_text() -> None:
    found = letter("From: a@b.pl\n\none\r\ntwo\rthree")
    assert (found.text, found.html, found.attachments) == ("one\ntwo\nthree", "", ())


def test_the_first_empty_line_ends_the_header_whichever_line_ends_stand_there() -> None:
    assert letter("From: a@b.pl\n\n\r\nwords").text == "words"
    assert letter("From: a@b.pl\n\n\n\r\nwords").text == "\n\nwords"
    assert letter("From: a@b.pl\r\n\r\n\nwords").text == "\nwords"


@pytest.mark.parametrize(
    ("raw", "text", "html", "attachments"),
    [
        (multipart(PLAIN, HTML, kind="alternative"), "words", "<p>markup", []),
        (multipart(HTML, kind="alternative"), "markup", "<p>markup", []),
        (multipart(PLAIN, kind="alternative"), "words", "", []),
        (multipart(PLAIN, HTML), "words\nmarkup", "<pre>words</pre>\n<p>markup", []),
        (multipart(PLAIN, PDF), "words", "", ["o.pdf"]),
        (multipart(HTML, IMAGE, kind="related"), "markup", "<p>markup", ["i.png"]),
        (multipart(PLAIN, IMAGE, PLAIN), "words\nwords", "", ["i.png"]),
        (multipart(PLAIN, PLAIN.replace("plain", 'plain; name="n.txt"')), "words", "", ["n.txt"]),
        (multipart(PLAIN, PLAIN.replace("words", "").replace("plain", "calendar")), "words", "", ["attachment-2.ics"]),
        (multipart(PLAIN.replace("words", " "), HTML, kind="alternative"), "markup", "<p>markup", []),
        (multipart("\nfirst", "\nsecond"), "first\nsecond", "", []),
        (multipart(PLAIN, PDF, kind="alternative"), "words", "", ["o.pdf"]),
        ("Content-Type: text/enriched\n\n<bold>x</bold>", "<bold>x</bold>", "", []),
        ("Content-Type: text\n\nx", "x", "", []),
        ("Content-Type:\n\nx", "x", "", []),
        ("Content-Type: ???\n\nx", "", "", ["attachment-1"]),
        ("Content-Type: application/pdf; name=a.pdf\n\nx", "", "", ["a.pdf"]),
        ("Content-Disposition: attachment; filename=t.txt\n\nx", "", "", ["t.txt"]),
        ("Content-Type: text/html\nContent-Type: text/plain\n\n<i>x", "x", "<i>x", []),
    ],
)
def test_bodies_and_attachments(raw: str, text: str, html: str, attachments: list[str]) -> None:
    found = letter(raw)
    assert (found.text.rstrip("\n"), found.html, names(found)) == (text, html, attachments)


def test_an_alternative_within_related_within_mixed() -> None:
    inner = multipart(PLAIN, HTML, kind="alternative", boundary="C").removeprefix("From: a@b.pl\n")
    middle = multipart(inner, IMAGE, kind="related", boundary="D").removeprefix("From: a@b.pl\n")
    found = letter(multipart(middle, PDF))
    assert (found.text, found.html) == ("words", "<p>markup")
    assert [(one.part, one.name) for one in found.attachments] == [("1.2", "i.png"), ("2", "o.pdf")]


def test_a_related_part_within_an_alternative_belongs_to_its_html() -> None:
    related = multipart(HTML, IMAGE, kind="related", boundary="C").removeprefix("From: a@b.pl\n")
    found = letter(multipart(PLAIN, related, kind="alternative"))
    assert (found.text, found.html, names(found)) == ("words", "<p>markup", ["i.png"])
    mixed = multipart(PLAIN, HTML, boundary="C").removeprefix("From: a@b.pl\n")
    found = letter(multipart(PLAIN, mixed, kind="alternative"))
    assert "words" in found.text
    assert letter(multipart(mixed, kind="alternative")).text.startswith("words")


def test_pictures_named_in_the_html_are_inline() -> None:
    html = 'Content-Type: text/html\n\n<img src="cid:i%40x">'
    (found,) = letter(multipart(html, IMAGE, kind="related")).attachments
    assert (found.is_inline, found.content_id, found.size) == (True, "i@x", 4)
    assert found.sha256 == hashlib.sha256(b"\x89PNG").hexdigest()
    (found,) = letter(multipart(HTML, IMAGE, kind="related")).attachments
    assert not found.is_inline


def test_the_charset_of_html_may_stand_in_its_head() -> None:
    raw = b'Content-Type: text/html\n\n<meta http-equiv=x content="text/html; charset=iso-8859-2"><p>\xbf\xf3\xb3w'
    assert read_letter(raw).text == "żółw"


def test_text_without_a_charset_is_noted_and_8_bit_headers_follow_the_text() -> None:
    raw = b"Subject: \xf2\xe5\xf1\xf2\nContent-Type: text/plain; charset=windows-1251\n\n\xf2\xe5\xf1\xf2"
    found = read_letter(raw)
    assert (found.header.subject, found.text) == ("тест", "тест")
    assert "unknown-charset" in read_letter(b"Content-Type: text/plain; charset=y\n\nx").defects


def test_huge_texts_are_cut_and_their_fingerprint_is_not() -> None:
    first, second = (read_letter(b"\n" + b"x" * 3_000_000 + end) for end in (b"a", b"b"))
    assert len(first.text) == 2_097_152
    assert "text-too-large" in first.defects
    assert first.fingerprint != second.fingerprint


# ---- fingerprints


def test_transport_headers_do_not_change_the_fingerprint_and_anything_else_does() -> None:
    plain = multipart(PLAIN, PDF)
    same = f"Received: from x\nX-Spam: no\nDelivered-To: z@z.pl\n{plain}"
    assert letter(plain).fingerprint == letter(same).fingerprint
    for before, after in (("a@b.pl", "c@b.pl"), ("words", "other"), ("%PDF", "%PDG")):
        assert letter(plain).fingerprint != letter(plain.replace(before, after)).fingerprint
    for line in ("Subject: x", "Message-ID: <a@b>", "Date: 2 Mar 2026 10:00 +0000"):
        assert letter(plain).fingerprint != letter(f"{line}\n{plain}").fingerprint


def test_line_ends_do_not_change_the_fingerprint_but_a_carriage_return_of_its_own_does() -> None:
    plain = "From: a@b.pl\n\none\ntwo\n"
    assert (
        letter(plain).fingerprint
        == letter(plain.replace("\n", "\r\n")).fingerprint
        == letter(plain.replace("two\n", "two\r\n")).fingerprint
    )
    assert letter(plain).fingerprint != letter(plain.replace("one", "o\rne")).fingerprint


# ---- broken structure (numbers as in the list of malformed cases that the reader must survive)


@pytest.mark.parametrize(
    ("raw", "texts", "defect"),
    [
        # 1 a boundary that never occurs, or none at all
        ("Content-Type: multipart/mixed; boundary=x\n\nbody", ["body"], "boundary-not-found"),
        ("Content-Type: multipart/mixed\n\nbody", ["body"], "boundary-not-found"),
        ('Content-Type: multipart/mixed; boundary=""\n\nbody', ["body"], "boundary-not-found"),
        (multipart(PLAIN).replace('; boundary="B"', ""), ["words"], "wrong-boundary"),
        (multipart(PLAIN).replace('"B"', '"b"'), ["words"], "wrong-boundary"),
        # 2 no end boundary
        (multipart(PLAIN, PLAIN).replace("--B--\n", ""), ["words", "words"], "missing-end-boundary"),
        # 3 the child's boundary begins like the parent's, or is the same
        (multipart(multipart(PLAIN, boundary="BB"), PLAIN), ["words", "words"], ""),
        (multipart(multipart(PLAIN, boundary="A"), PLAIN, boundary="AB"), ["words", "words"], ""),
        (multipart(multipart(PLAIN), PLAIN), ["words", "words"], ""),
        # 4 a boundary that ends in --
        (multipart(multipart(PLAIN, boundary="B----"), boundary="B--"), ["words"], ""),
        # 5 no empty line before the body
        (multipart("Content-Type: text/plain\nbody line"), ["body line"], "no-empty-line-after-header"),
        (multipart("body line\nmore"), ["body line"], "no-empty-line-after-header"),
        (multipart("Hello,\nmind: this\n\nis body"), ["Hello,", "is body"], "no-empty-line-after-header"),
        ("From: a@b.pl\r\nbody here, no colon\r\nmore\r\n", ["body here", "more"], "no-empty-line-after-header"),
        ("Subject: x\nX: a\nHello a", ["Hello a"], "no-empty-line-after-header"),
        ("Subject:\nHello", ["Hello"], "no-empty-line-after-header"),
        # 6 no semicolon
        (multipart(PLAIN).replace("mixed; ", "mixed\n\t"), ["words"], ""),
        # 7 a long boundary
        (multipart(PLAIN, boundary="x" * 900), ["words"], ""),
        # a delimiter with something behind it, when there is no clean one
        (multipart(PLAIN).replace("--B\n", "--B junk\n"), ["words"], ""),
        (multipart(PLAIN).replace("--B\n", "--B junk\n").replace("--B--", "--B-- junk"), ["words"], ""),
        # 11 invalid encodings
        (PLAIN.replace("\n\n", "\nContent-Transfer-Encoding: 7-bit\n\n"), ["words"], ""),
        (PLAIN.replace("\n\n", "\nContent-Transfer-Encoding: spam words\n\n"), ["words"], "unknown-encoding"),
        (PLAIN.replace("\n\nwords", "\nContent-Transfer-Encoding: qp ;\n\nw=6Frds"), ["words"], ""),
        # 18 garbage after the last part
        (multipart(PLAIN) + "garbage", ["words"], ""),
        # 23 bare carriage returns
        ("Content-Type: text/plain\r\rone\rtwo", ["one\ntwo"], ""),
        ("Content-Type: text/plain\n\na\0b", ["ab"], ""),
        # digests
        (multipart("\nSubject: inner\n\nx", PLAIN, kind="digest"), ["words"], ""),
        # a multipart that is encoded as a whole
        (
            "Content-Type: multipart/mixed; boundary=B\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(multipart(PLAIN).encode()).decode(),
            ["words"],
            "encoded-multipart",
        ),
    ],
)
def test_words_of_broken_letters_are_not_lost(raw: str, texts: list[str], defect: str) -> None:
    found = letter(raw)
    position = 0
    for text in texts:
        position = found.text.index(text, position) + len(text)
    assert not defect or defect in found.defects


def test_letters_and_reports_within_letters_are_attachments() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: =?utf-8?q?O_f=C3=B3?=/x\n\nhi"
    nameless = "Content-Type: message/rfc822\n\nhi"
    report = "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.pl"
    found = letter(multipart(PLAIN, inner, nameless, report, kind="report"))
    assert names(found) == ["O fó_x.eml", "attachment-3.eml", "attachment-4.txt"]
    assert part_bytes(multipart(PLAIN, inner).encode(), "2").data.startswith(b"Subject:")


def test_winmail_dat_is_an_attachment() -> None:
    found = letter(multipart(PLAIN, "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"))
    assert names(found) == ["winmail.dat"]


# ---- fetching one part


def test_a_part_is_fetched_by_its_path() -> None:
    raw = multipart(PLAIN, PDF).encode()
    assert part_bytes(raw, "2") == ("application/pdf", "o.pdf", b"%PDF")
    assert part_bytes(b"\nbody", "1") == ("text/plain", "attachment-1.txt", b"body")
    with pytest.raises(UnableToFindPart):
        part_bytes(raw, "3")


# ---- names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\temp\\a.txt", "C__temp_a.txt"),
        ("a\0b\r\nc.txt", "ab c.txt"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("a\u200b.txt", "a.txt"),
        ('<a>"b"|?*.txt', "_a__b____.txt"),
        ("...", "attachment-2.pdf"),
        ("", "attachment-2.pdf"),
        ("///", "attachment-2.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("x." + "y" * 300, "x." + "y" * 198),
        ("z\u0307.pdf", "ż.pdf"),
    ],
)
def test_names_are_safe(name: str, safe: str) -> None:
    assert safe_name(name, content_type="application/pdf", part="2") == safe


def test_a_name_of_an_unknown_type_has_no_extension() -> None:
    assert safe_name("", content_type="x/y", part="1.2") == "attachment-1.2"


# ---- parameters


@pytest.mark.parametrize(
    ("text", "main", "parameters"),
    [
        ("", "", {}),
        ("Text/Plain", "text/plain", {}),
        ("text / plain; Charset = UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('a/b; name="x;y\\"z"', "a/b", {"name": 'x;y"z'}),
        ("a/b; name=two words.pdf; x=1", "a/b", {"name": "two words.pdf", "x": "1"}),
        ("a/b; name=two words.pdf x=1", "a/b", {"name": "two words.pdf", "x": "1"}),
        ('a/b boundary="c"', "a/b", {"boundary": "c"}),
        ('a/b; boundary="c', "a/b", {"boundary": "c"}),
        ("a/b; junk; x=1", "a/b", {"x": "1"}),
        ("a/b; junk", "a/b", {}),
        ("a/b;;; x=1;", "a/b", {"x": "1"}),
        ("; filename=x", "", {"filename": "x"}),
        ("filename=x", "", {"filename": "x"}),
        ('"a/b"; x=1', "", {"x": "1"}),
        ("a/b; x=1; x=2", "a/b", {"x": "1"}),
        ("a/b; n*=utf-8''%C5%BC.txt", "a/b", {"n": "ż.txt"}),
        ("a/b; n*=iso-8859-2'pl'%BF", "a/b", {"n": "ż"}),
        ("a/b; n*=%C5%BC", "a/b", {"n": "ż"}),
        ("a/b; n*0*=utf-8''%C5; n*1*=%BC; n*2=.txt", "a/b", {"n": "ż.txt"}),
        ("a/b; n*2=c; n*0=a; n*1=b", "a/b", {"n": "abc"}),
        ("a/b; n=plain; n*=utf-8''better", "a/b", {"n": "better"}),
        ("a/b; n==?utf-8?q?=C5=BC?=", "a/b", {"n": "ż"}),
        ('a/b; n*0="=?utf-8?q?=C5"; n*1="=BC?="', "a/b", {"n": "ż"}),
        ("a/b; *=x; **=y; n*z=q", "a/b", {}),
        ('a/b; n="C:\\temp\\x"', "a/b", {"n": "C:\\temp\\x"}),
    ],
)
def test_parameters(text: str, main: str, parameters: dict[str, str]) -> None:
    found = read_value(text)
    assert (found.main, found.parameters) == (main, parameters)


def test_a_name_in_very_many_pieces_is_read_up_to_a_hundred() -> None:
    text = "a/b" + "".join(f"; n*{number}=x" for number in range(5_000))
    assert read_value(text).parameters == {"n": "x" * 100}


# ---- transfer encodings


@pytest.mark.parametrize(
    ("raw", "decoded", "defect"),
    [
        (b"aGVsbG8=", b"hello", ""),
        (b"aGVs\r\nbG8=\r\n", b"hello", ""),
        (b"aGVsbG8", b"hello", "broken-base64"),
        (b"aGVsb", b"hel", "broken-base64"),
        (b"aG!Vs*bG8=", b"hello", ""),
        (b"aGVsbG8=\naGVsbG8=", b"hellohello", "broken-base64"),
        (b"aGVsbG8= ignored\n", b"hello", "broken-base64"),
        (b"", b"", ""),
        (b"=", b"", ""),
    ],
)
def test_base64(raw: bytes, decoded: bytes, defect: str) -> None:
    assert decode_body(raw, "base64") == (decoded, defect)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\n", b"\r\n", b" ", b"\x80"]))
def test_base64_reads_back_what_was_written_with_junk_anywhere(data: bytes, junk: bytes) -> None:
    assert decode_body(junk.join(base64.b64encode(data)[i : i + 7] for i in range(0, 400, 7)), "base64")[0] == data


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [(b"a=3Db", b"a=b"), (b"a=\r\nb", b"ab"), (b"a= \r\nb", b"ab"), (b"a=\t\nb", b"ab"), (b"a=ZZ", b"a=ZZ")],
)
def test_quoted_printable(raw: bytes, decoded: bytes) -> None:
    assert decode_body(raw, "quoted-printable") == (decoded, "")


def test_uuencode() -> None:
    lines = b"".join(binascii.b2a_uu(b"x" * 45) for _ in range(3))
    whole = b"junk\nbegin 644 a.txt\n" + lines + b"`\nend\n"
    assert decode_body(whole, "uuencode") == (b"x" * 135, "")
    assert decode_body(lines, "uuencode") == (b"x" * 135, "")
    overlong = binascii.b2a_uu(b"abc").rstrip(b"\n") + b"!!!\n"
    assert decode_body(overlong, "uuencode") == (b"abc", "")
    assert decode_body(b"begin 1 x\n\xff\xff\n", "uuencode") == (b"", "broken-uuencode")


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        ("Base64", "base64"),
        (" QUOTED-PRINTABLE;", "quoted-printable"),
        ("x-uuencode", "uuencode"),
        ("8BIT", ""),
        ("", ""),
        ("text/html", "?"),
    ],
)
def test_names_of_encodings(value: str, encoding: str) -> None:
    assert encoding_of(value) == encoding
