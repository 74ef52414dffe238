"""Real letters and the readings that others recorded beside them."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mail.collected import letters
from mooring.mail.fields import with_line_feeds, without_envelope_line
from mooring.mail.mime import Structure, read_structure
from mooring.mail.parser_frames import pack_letter, unpack_letter
from mooring.mail.parsing import part_bytes, read_header, read_letter
from mooring.mail.safe_html import safe_html, safe_text
from testdata import FOLDER, needs_testdata

pytestmark = needs_testdata

STALWART = FOLDER / "mail" / "stalwart"
MIME4J = FOLDER / "mail" / "mime4j"
MBOX = FOLDER / "mail" / "mimekit" / "mbox"


def structure_of(raw: bytes) -> Structure:
    return read_structure(without_envelope_line(with_line_feeds(raw)))


# ---- every letter


def test_every_collected_letter_is_read_and_all_its_parts_can_be_fetched() -> None:
    count = 0
    for name, raw in letters():
        letter = read_letter(raw)
        assert letter.fingerprint, name
        assert unpack_letter(pack_letter(letter)) == letter, name
        for attachment in letter.attachments:
            found = part_bytes(raw, attachment.part)
            assert (found.name, len(found.data)) == (attachment.name, attachment.size), name
        count += 1
    assert count > 1_200


def test_every_collected_letter_is_shown_safely_and_stays_the_same_when_sanitised_again() -> None:
    for name, raw in letters():
        letter = read_letter(raw)
        safe_text(letter.text)
        once = safe_html(letter.html, images="remote", cid_urls={}).html
        assert safe_html(once, images="remote", cid_urls={}).html == once, name


def test_every_text_can_be_stored_as_utf_8_without_nul() -> None:
    for name, raw in letters():
        letter = read_letter(raw)
        people = [text for _, one in letter.header.people() for text in (one.name, one.address, one.key)]
        for text in (letter.text, letter.html, letter.header.subject, *people):
            assert "\0" not in text, name
            text.encode("utf-8")


def test_only_letters_without_a_body_come_out_without_text_and_attachments() -> None:
    empty = {name for name, raw in letters() if is_empty(raw)}
    assert {name.rpartition("/")[2] for name in empty} <= {
        "000.eml",  # parts with headers only
        "bad_date_header.eml",
        "bad_date_header2.eml",
        "empty-preamble_decoded_1_1.txt",
        "empty_in_reply_to.eml",
        "htmllargecallstack.eml",  # nothing but a title
        "frag_decoded_1_1.txt",
        "frag_decoded_1_2_1_2_1_1.txt",
        "missing_body.eml",
        "must_supply_encoding.eml",
        "README.txt",
    }


def is_empty(raw: bytes) -> bool:
    letter = read_letter(raw)
    return not letter.text.strip() and not letter.attachments


@pytest.mark.parametrize("name", ["INBOX", "Sent"])
def test_line_ends_do_not_change_the_fingerprint(name: str) -> None:
    for path in sorted((FOLDER / "threads" / "openbmc").glob("*.eml"))[:: 7 if name == "INBOX" else 11]:
        raw = path.read_bytes().replace(b"\r\n", b"\n")
        assert read_letter(raw).fingerprint == read_letter(raw.replace(b"\n", b"\r\n")).fingerprint, path.name


# ---- who is in the letters


def test_the_addresses_of_the_truth_are_found_in_their_headers() -> None:
    headers: dict[str, Any] = {}
    checked = 0
    with (FOLDER / "crm" / "truth_exact.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if not row["address"]:
                continue
            name = row["letter"].rpartition("/")[2].removesuffix(".eml")
            if name not in headers:
                headers[name] = read_header((FOLDER / "threads" / "openbmc" / f"{name}.eml").read_bytes())
            role = row["header"].lower().replace("-", "_")
            keys = {one.key for found, one in headers[name].people() if found == role}
            assert row["address"].lower() in keys, row
            assert role not in headers[name].ambiguous, row
            checked += 1
    assert checked > 450


# ---- stalwart: N.json and N.crlf.json

STALWART_DIFFERS = {
    "malformed/001": "a child without parts: its bytes are kept as text, there as an attachment",
    "malformed/002": "the boundary never occurs: the body stays readable text, there it becomes an attachment",
    "malformed/003": "as 002, in the inner part",
    "malformed/004": "as 002",
    "malformed/006": "as 002, in the inner part",
    "malformed/007": "as 001",
    "malformed/008": "two text parts are both shown, there the second is an attachment",
    "malformed/009": "as 008",
    "malformed/011": "as 008",
    "malformed/012": "a letter attached in a part without end boundary counts as well",
    "malformed/016": "what follows the outer delimiter belongs to the outer part, whatever inner boundaries it holds",
    "malformed/019": "an unfinished last line keeps its line end",
    "malformed/020": "of two Content-Type fields the first one counts",
    "malformed/021": "of two Content-Type fields the first one counts",
    "rfc/001": "path separators never stay in names; a mailbox without address is none",
    "rfc/004": "a mailbox without address is none",
    "thirdparty/000": "no NUL in texts; a bare CR is a line end",
    "thirdparty/002": "text after Base64 padding and undecodable text",
    "thirdparty/005": "UTF-16 broken by CRLF; a delimiter must begin its line",
    "thirdparty/015": "attached letters whose own parts have no end do not hide those after them",
}


def stalwart_cases() -> list[Path]:
    return [path for path in sorted(STALWART.glob("*/*.json")) if case_of(path) not in STALWART_DIFFERS]


def case_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name.partition('.')[0]}"


def stalwart_letter(path: Path) -> bytes:
    raw = path.with_name(path.name.partition(".")[0] + ".eml").read_bytes()
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if ".crlf." in path.name else raw


@pytest.mark.parametrize("path", stalwart_cases(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_stalwarts_readings_are_ours(path: Path) -> None:
    ours, theirs = both_readings(path)
    assert ours == theirs


@pytest.mark.parametrize("case", sorted(STALWART_DIFFERS))
def test_where_we_differ_from_stalwart_nothing_is_lost(case: str) -> None:
    readings = [both_readings(STALWART / f"{case}{ending}") for ending in (".json", ".crlf.json")]
    assert any(ours != theirs for ours, theirs in readings)
    letter = read_letter((STALWART / f"{case}.eml").read_bytes())
    assert letter.text.strip() or letter.html or letter.attachments


def both_readings(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(ours, theirs): headers, text, HTML and attachments in one shape."""
    expected = json.loads(path.read_text())
    parts = expected["parts"]
    letter = read_letter(stalwart_letter(path))
    bodies = [parts[number]["body"] for number in expected["text_body"]]
    html = [tidy(parts[number]["body"].get("Html", "")) for number in expected["html_body"]]
    names = [name_of(parts[number]) for number in expected["attachments"]]
    our_names = [one.name for one in letter.attachments]
    is_named = [name is not None for name in names]
    theirs = {
        **headers_of(parts[0]),
        "text": "" if any(html) else tidy("\n".join(body["Text"] for body in bodies if "Text" in body)),
        "html": html,
        "attachments": [name for name in names if name is not None],
        "attachment count": len(names),
    }
    ours = {
        **headers_as_we_see_them(letter, parts[0]),
        "text": "" if any(html) else tidy(letter.text),
        "html": [one if one in tidy(letter.html) else tidy(letter.html) for one in html],
        "attachments": [name for name, counts in zip(our_names, is_named, strict=False) if counts],
        "attachment count": len(our_names),
    }
    return ours, theirs


def headers_of(part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for header in part["headers"]:
        name, value = header["name"], header["value"]
        if name == "subject" and isinstance(value, dict):
            found[name] = value["Text"].strip()
        elif name in ("from", "to", "reply_to") and isinstance(value, dict):
            found[name] = addresses_of(value["Address"])
        elif name == "date" and isinstance(value, dict):
            found[name] = date_of(value["DateTime"])
    return found


def headers_as_we_see_them(letter: Any, part: dict[str, Any]) -> dict[str, Any]:
    header = letter.header
    people = {"from": header.from_, "to": header.to, "reply_to": header.reply_to}
    ours = {"subject": header.subject, "date": header.date}
    ours |= {role: [one.address for one in found] for role, found in people.items()}
    return {name: ours[name] for name in headers_of(part)}


def addresses_of(value: dict[str, Any]) -> list[str]:
    listed = value.get("List")
    if listed is None:
        listed = [one for group in value["Group"] for one in group["addresses"]]
    return [one["address"] for one in listed]


def date_of(parts: dict[str, Any]) -> datetime:
    offset = timedelta(hours=parts["tz_hour"], minutes=parts["tz_minute"])
    numbers = (parts[name] for name in ("year", "month", "day", "hour", "minute", "second"))
    return datetime(*numbers, tzinfo=UTC) - (-offset if parts["tz_before_gmt"] else offset)


def name_of(part: dict[str, Any]) -> str | None:
    for field, attribute in (("content_disposition", "filename"), ("content_type", "name")):
        for header in part["headers"]:
            if header["name"] == field and isinstance(header["value"], dict):
                for one in header["value"]["ContentType"].get("attributes") or []:
                    if one["name"] == attribute:
                        return str(one["value"])
    return None


def tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n") if line.strip())


# ---- mime4j: N.xml

MIME4J_DIFFERS = {
    "badbound": "the boundary never occurs: the body stays readable",
    "double-bound": "empty parts between two delimiters are left out",
    "missing-boundary": "as badbound",
    "missing-inner-boundary": "as badbound, in the inner part",
    "missing-inner-start-boundary": "as badbound, in the inner part",
    "multipartnopart": "as badbound",
    "very-long-boundary": "blanks at the end of a boundary do not count (RFC 2046 forbids them)",
    "very-very-long-boundary": "as very-long-boundary",
    "weird-boundary": "as very-long-boundary",
}
NOT_XML = {"2002_06_12_doublebound", "twopart"}


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(MIME4J.glob("*/*.msg")) if path.stem not in MIME4J_DIFFERS.keys() | NOT_XML],
    ids=lambda path: path.stem,
)
def test_mime4js_structures_are_ours(path: Path) -> None:
    expected = ElementTree.parse(path.with_suffix(".xml")).getroot()  # noqa: S314
    leaves = structure_of(path.read_bytes()).leaves()
    assert [leaf.content_type == "message/rfc822" for leaf in leaves] == leaves_of(expected)


def leaves_of(element: ElementTree.Element) -> list[bool]:
    """For each leaf, whether it is a letter."""
    divided = element.find("multipart")
    if divided is not None:
        return [leaf for part in divided.findall("body-part") for leaf in leaves_of(part)]
    return [element.find("message") is not None]


@pytest.mark.parametrize("stem", sorted(MIME4J_DIFFERS))
def test_where_we_differ_from_mime4j_nothing_is_lost(stem: str) -> None:
    (path,) = MIME4J.glob(f"*/{stem}.msg")
    letter = read_letter(path.read_bytes())
    assert letter.text.strip() or letter.attachments


# ---- mimekit: letters in a mail file, with their offsets and types


def test_mimekits_structures_of_a_mail_file_are_ours() -> None:
    raw = (MBOX / "content-length.mbox.txt").read_bytes().replace(b"\r\n", b"\n")
    expected = json.loads((MBOX / "content-length.unix-offsets.json").read_text())
    assert len(expected) == 29
    for letter in expected:
        one = raw[letter["beginOffset"] : letter["endOffset"]]
        ours = [leaf.content_type for leaf in structure_of(one).leaves()]
        assert ours == types_of(letter["body"]), letter["beginOffset"]


def types_of(part: dict[str, Any]) -> list[str]:
    if part.get("children"):
        return [found for child in part["children"] for found in types_of(child)]
    return [part["mimeType"].lower()]
