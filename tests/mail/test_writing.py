"""Letters written here, read back by our own parser: what a person wrote is what arrives, and nothing more."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring.mail import writing
from mooring.mail.errors import UnusableName
from mooring.mail.parsing import read_letter
from mooring.mail.types import ParsedLetter
from mooring.mail.writing import (
    Correspondent,
    WrittenFile,
    WrittenLetter,
    needs_smtputf8,
    shortened_references,
    wire_address,
    without_bcc,
    write_letter,
)
from mooring.mail.writing_fields import one_line
from mooring.mail.writing_parts import Boundaries

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BOB = Correspondent("bob@mooring.example", "Bob")
CAROL = Correspondent("carol@harbour.example", "Carol Quay")
PICTURE = WrittenFile("sail.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "sail@mooring", is_inline=True)
NAMES = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)

any_text = st.text(max_size=400)
"""Whatever somebody can paste: controls, surrogates, encoded words in disguise."""
sly_text = st.one_of(
    any_text, st.sampled_from(["x=?UTF-8?Q?=0A?=Bcc: spy@evil.example 💩", "a\r\nBcc: spy@evil.example", "\n", " x  y "])
)


def numbered() -> Boundaries:
    numbers = count(1)
    return lambda: f"b{next(numbers)}"


def letter(**fields: Any) -> WrittenLetter:
    values: dict[str, Any] = {"sender": BOB, "message_id": "1.ab@mooring.example", "date": NOW, "to": (CAROL,), "text": "Ahoy\n"}
    return WrittenLetter(**{**values, **fields})


def written(**fields: Any) -> bytes:
    return write_letter(letter(**fields), boundaries=numbered())


def read(**fields: Any) -> ParsedLetter:
    return read_letter(written(**fields))


def header_names(raw: bytes) -> list[str]:
    return [name.decode() for name in NAMES.findall(raw.partition(b"\r\n\r\n")[0])]


def test_a_plain_letter_says_what_was_written() -> None:
    raw = written(subject="Ropes", organization="Halyard & Sons", reply_to=Correspondent("sales@mooring.example"))
    assert raw.decode() == (
        "Date: Mon, 02 Mar 2026 09:30:00 +0000\r\n"
        "From: Bob <bob@mooring.example>\r\n"
        "Organization: Halyard & Sons\r\n"
        "Reply-To: <sales@mooring.example>\r\n"
        "To: Carol Quay <carol@harbour.example>\r\n"
        "Message-ID: <1.ab@mooring.example>\r\n"
        "Subject: Ropes\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Ahoy\r\n"
    )


def test_the_same_letter_gives_the_same_bytes() -> None:
    fields: dict[str, Any] = {"html": "<p>Ahoy <img src='cid:sail@mooring'></p>", "files": (PICTURE,)}
    assert written(**fields) == written(**fields)


def test_html_pictures_and_files_stand_where_programs_look_for_them() -> None:
    order = WrittenFile("Zamówienie żagli.pdf", "application/pdf", b"%PDF-1.7\n" * 30)
    parsed = read(text="Ahoj", html="<p>Ahoj <img src='cid:sail@mooring'></p>", files=(PICTURE, order))
    assert parsed.defects == ()
    assert (parsed.text.strip(), parsed.html.strip()) == ("Ahoj", "<p>Ahoj <img src='cid:sail@mooring'></p>")
    shown, attached = sorted(parsed.attachments, key=lambda each: not each.is_inline)
    assert (shown.name, shown.content_id, shown.is_inline) == ("sail.png", "sail@mooring", True)
    assert shown.sha256 == hashlib.sha256(PICTURE.content).hexdigest()
    assert (attached.name, attached.content_type, attached.is_inline) == ("Zamówienie żagli.pdf", "application/pdf", False)
    assert attached.sha256 == hashlib.sha256(order.content).hexdigest()


def test_html_without_pictures_is_an_alternative_alone() -> None:
    raw = written(html="<p>Ahoy</p>")
    assert b"multipart/alternative" in raw
    assert b"multipart/related" not in raw


@pytest.mark.parametrize(
    "block", [b"Subject: a\r\nBcc: b\r\n", b"Subject: a\nBcc: b\r\n", b"Subject: " + b"x" * 999 + b"\r\n", b"no field\r\n"]
)
def test_bytes_that_hold_other_fields_than_were_written_are_not_handed_on(block: bytes) -> None:
    writing._prove(b"Subject: a\r\n", [b"Subject: a\r\n"])
    with pytest.raises(UnusableName):
        writing._prove(block, [b"Subject: a\r\n"])


def test_a_picture_of_a_plain_letter_is_attached() -> None:
    (only,) = read(files=(PICTURE,)).attachments
    assert (only.name, only.is_inline) == ("sail.png", False)


def test_bcc_stands_in_the_kept_copy_only() -> None:
    many = tuple(Correspondent(f"hidden{number}@harbour.example", "Hidden Harbour Master") for number in range(9))
    kept = written(bcc=many, cc=(Correspondent("dan@harbour.example"),))
    sent = without_bcc(kept)
    assert len(read_letter(kept).header.bcc) == 9
    assert b"idden" not in sent
    assert read_letter(sent).fingerprint == read_letter(kept).fingerprint
    assert [name for name in header_names(kept) if name != "Bcc"] == header_names(sent)
    assert sent == without_bcc(sent) == written(cc=(Correspondent("dan@harbour.example"),))


def test_a_body_that_speaks_of_bcc_stays_as_it_is() -> None:
    raw = written(text="bcc: nobody\n\nbcc: somebody\n")
    assert without_bcc(raw) == raw


def test_a_letter_to_hidden_people_only_names_none() -> None:
    sent = without_bcc(written(to=(), bcc=(CAROL,)))
    assert b"To: undisclosed-recipients:;\r\n" in sent
    assert b"carol" not in sent
    assert "To" not in header_names(written(to=(), cc=(CAROL,)))


@given(subject=sly_text, name=sly_text, organization=sly_text, topic=sly_text, file_name=sly_text)
def test_no_text_becomes_a_header_of_its_own(subject: str, name: str, organization: str, topic: str, file_name: str) -> None:
    raw = written(
        subject=subject,
        sender=Correspondent("bob@mooring.example", name),
        to=(Correspondent("carol@harbour.example", name),),
        organization=organization,
        thread_topic=topic,
        files=(WrittenFile(file_name, "text/plain", b"x"),),
    )
    expected = ["Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Content-Type"]
    expected[2:2] = ["Organization"] if organization else []
    expected[-3:-3] = ["Thread-Topic"] if topic else []
    assert header_names(raw) == expected
    assert raw.isascii()
    assert all(len(line) <= 998 and b"\n" not in line and b"\r" not in line for line in raw.split(b"\r\n"))
    parsed = read_letter(raw).header
    assert [each.address for each in parsed.to] == ["carol@harbour.example"]
    assert parsed.bcc == ()
    assert parsed.ambiguous == frozenset()


readable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200)


@given(words=st.lists(readable, min_size=1, max_size=6))
@example(words=["Łódź", "帆" * 60, "sails"])
@example(words=["x" * 200, "=?"])
def test_a_subject_arrives_as_written(words: list[str]) -> None:
    subject = " ".join(words)[:900]
    assert read(subject=subject).header.subject == one_line(subject)


@given(name=readable)
@example(name="Żaneta Żagiel")
@example(name='Carol "C" \\ Marsh')
def test_a_name_arrives_as_written(name: str) -> None:
    (found,) = read(to=(Correspondent("carol@harbour.example", name),)).header.to
    assert found.name == one_line(name)[:300]


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn"], include_characters="\n\t"), max_size=3_000))
def test_a_text_arrives_as_written(text: str) -> None:
    assert read(text=text).text.rstrip("\n") == read_back(text).rstrip("\n")


def read_back(text: str) -> str:
    """What our parser makes of the text as plain 8-bit bytes, so that only the encoding is compared."""
    raw = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return read_letter(raw + text.replace("\n", "\r\n").encode()).text


@given(content=st.binary(max_size=4_000), name=readable)
def test_a_file_arrives_byte_for_byte_under_its_name(content: bytes, name: str) -> None:
    (found,) = read(files=(WrittenFile(name, "application/x-sail", content),)).attachments
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "name", ["short.txt", 'with "quotes" and \\.txt', "ż" * 110 + ".pdf", "x" * 180 + ".pdf", "naïve 帆.png"]
)
def test_file_names_arrive_as_written(name: str) -> None:
    (found,) = read(files=(WrittenFile(name, "text/plain", b"x"),)).attachments
    assert found.name == name.replace('"', "_").replace("\\", "_")


@pytest.mark.parametrize(
    ("content_type", "content", "expected"),
    [
        ("application/pdf", b"%PDF", "application/pdf"),
        ("not a type\r\nBcc: x", b"x", "application/octet-stream"),
        ("multipart/mixed", b"x", "application/octet-stream"),
        ("message/rfc822", b"Subject: x\r\n\r\nAhoy\r\n", "message/rfc822"),
        ("message/rfc822", b"Subject: \xff\r\n\r\nAhoy\r\n", "application/octet-stream"),
        ("message/rfc822", b"Subject: x\n\nAhoy\n", "application/octet-stream"),
    ],
)
def test_types_that_would_mislead_are_not_written(content_type: str, content: bytes, expected: str) -> None:
    raw = written(files=(WrittenFile("x", content_type, content),))
    assert f"Content-Type: {expected};".encode() in raw
    (found,) = read_letter(raw).attachments
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_an_empty_file_and_an_empty_letter_are_letters_too() -> None:
    parsed = read(text="", files=(WrittenFile("empty.txt", "text/plain", b""),))
    assert (parsed.attachments[0].size, parsed.text.strip()) == (0, "")


def test_a_boundary_that_stands_in_the_body_is_not_used() -> None:
    raw = written(text="--b1\n", files=(WrittenFile("x", "text/plain", b"x"),))
    assert b'boundary="b2"' in raw


def test_japanese_takes_base64_and_polish_does_not() -> None:
    assert b"Content-Transfer-Encoding: base64" in written(text="帆とロープ" * 40)
    assert b"Content-Transfer-Encoding: quoted-printable" in written(text="Proszę o wycenę żagli i lin. " * 9)


def test_addresses_abroad() -> None:
    ascii_only = written(to=(Correspondent("jan@żagle.example"),))
    assert b"<jan@xn--agle-99a.example>" in ascii_only
    assert not needs_smtputf8(ascii_only)
    beyond = written(to=(Correspondent("żeglarz@żagle.example"),))
    assert needs_smtputf8(beyond)
    assert read_letter(beyond).header.to[0].address == "żeglarz@xn--agle-99a.example"
    assert wire_address(' "odd"@Harbour.Example ') == "odd@harbour.example"


@pytest.mark.parametrize("address", ["", "carol", "a b@x.example", "a@x.example\r\nBcc: b@y.example", "a@x.example>", "@x"])
def test_what_is_no_address_is_not_written(address: str) -> None:
    with pytest.raises(UnusableName):
        written(to=(Correspondent(address),))


def test_a_message_id_with_blanks_is_not_written() -> None:
    with pytest.raises(UnusableName):
        written(message_id="a b@x")


def test_an_answer_names_its_conversation_within_bounds() -> None:
    ids = tuple(f"{number}.{'x' * 60}@harbour.example" for number in range(200))
    parsed = read(in_reply_to=ids[-1], references=(*ids, "bad id", ids[3])).header
    assert parsed.in_reply_to == (ids[-1],)
    assert parsed.references[0] == ids[0]
    assert parsed.references[-1] == ids[-1]
    assert sum(map(len, parsed.references)) <= 1_500
    assert shortened_references(["a b"]) == []
    assert shortened_references(["a@x", "b" * 1_499]) == ["a@x"]
    assert shortened_references(["a" * 900, "b" * 900]) == ["a" * 900, "b" * 900]
    assert read(in_reply_to="a b").header.in_reply_to == ()


def test_outlook_finds_its_conversation_and_automatic_letters_say_so() -> None:
    raw = written(thread_topic="Ropes", thread_index="AcABAA==", auto_submitted="auto-generated")
    assert b"Thread-Topic: Ropes\r\nThread-Index: AcABAA==\r\n" in raw
    assert b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n" in raw
    assert read_letter(raw).header.is_automatic


def test_mail_programs_find_the_way_to_unsubscribe() -> None:
    raw = written(unsubscribe_url="https://crm.example/notices/stop/abc:def/")
    assert b"List-Unsubscribe: <https://crm.example/notices/stop/abc:def/>\r\n" in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
