"""Reading address cards (vCard 2.1 to 4.0) as a table: one row for each card, under the names that transfer.columns knows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import vobject
from django.utils.translation import gettext as _

from mooring.transfer.formats.csv import Row, Table, limited
from mooring.transfer.formats.encodings import UNDECODABLE, encoding_of, text_of, undecodable_row

_BEGIN: Final = re.compile(r"^BEGIN:VCARD\s*$", re.IGNORECASE)
_END: Final = re.compile(r"^END:VCARD\s*$", re.IGNORECASE)
_NEVER_READ: Final = re.compile(
    r"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY|PROFILE)[;:].*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE
)
"""Pictures that telephones cut in the middle, and what some mail programs say twice, must not cost the card."""
LONGEST_CARD: Final = 1_000_000
"""Characters; photographs included."""
HEADER: Final = (
    *("Company", "Full name", "First name", "Last name", "Job title", "Type", "Email", "Emails", "Phone", "Mobile", "Home phone"),
    *("Street", "Postcode", "City", "Region", "Country", "Website", "Note"),
)


def is_vcard(begins: bytes) -> bool:
    """Whether a file that begins so holds cards."""
    return bool(re.match(rb"(\xef\xbb\xbf)?\s*BEGIN:VCARD", begins, re.IGNORECASE))


def read_cards(file: BinaryIO) -> Table:
    """A card that cannot be read, or that does not end, is a row with a problem."""
    encoding = encoding_of(file)
    file.seek(0)
    return Table(f"vCard, {encoding}", "", HEADER, limited(_rows(text_of(file, encoding), encoding)))


def _rows(text: io.TextIOWrapper, encoding: str) -> Iterator[Row]:
    card: list[str] = []
    begins = size = 0
    for number, line in enumerate(text, start=1):
        if _BEGIN.match(line):
            if begins:
                yield Row(begins, (), _("This card does not end: the line END:VCARD is missing."))
            card, begins, size = [], number, 0
        size += len(line)
        if size <= LONGEST_CARD:
            card.append(line)
        if _END.match(line) and begins:
            yield _row(begins, "".join(card), encoding) if size <= LONGEST_CARD else _too_long(begins)
            card, begins, size = [], 0, 0
    if begins:
        yield Row(begins, (), _("This card does not end: the line END:VCARD is missing."))


def _row(line: int, card: str, encoding: str) -> Row:
    if UNDECODABLE in card:
        return Row(line, (), undecodable_row(encoding))
    try:
        return Row(line, _cells(vobject.readOne(_NEVER_READ.sub("", card), allowQP=True)))
    except Exception:
        return _unreadable(line)


def _unreadable(line: int) -> Row:
    return Row(line, (), _("This card cannot be read."))


def _too_long(line: int) -> Row:
    return Row(line, (), _("This card is longer than %(most)d characters.") % {"most": LONGEST_CARD})


def _cells(card: Any) -> list[str]:
    name, firm = _first(card, "n"), _first(card, "org")
    company = _joined(firm[0] if isinstance(firm, list) and firm else firm)
    emails = [str(each.value).strip() for each in card.contents.get("email", ()) if each.value]
    phones = _phones(card)
    place = _first(card, "adr")
    postal = [_joined(getattr(place, part, "")) for part in ("street", "code", "city", "region", "country")]
    return [
        company,
        _joined(_first(card, "fn")),
        _joined(getattr(name, "given", "")),
        _joined(getattr(name, "family", "")),
        _joined(_first(card, "title")),
        "company" if company else "person",
        emails[0] if emails else "",
        " ".join(emails[1:]),
        *(phones.get(kind, "") for kind in ("work", "cell", "home")),
        *postal,
        _joined(_first(card, "url")).replace("\\:", ":"),
        _joined(_first(card, "note")),
    ]


def _phones(card: Any) -> dict[str, str]:
    """The first number of each kind; one of another kind is the number at work where there is none."""
    found: dict[str, str] = {}
    for each in card.contents.get("tel", ()):
        kinds = {str(kind).lower() for kind in (*each.params.get("TYPE", ()), *getattr(each, "singletonparams", ()))}
        kind = next((known for known in ("cell", "home", "work") if known in kinds), "work")
        if "fax" not in kinds:
            found.setdefault(kind, str(each.value).removeprefix("tel:").strip())
    return found


def _first(card: Any, name: str) -> Any:
    found = card.contents.get(name)
    return found[0].value if found else ""


def _joined(value: Any) -> str:
    return " ".join(str(part) for part in value if part).strip() if isinstance(value, list) else str(value or "").strip()
