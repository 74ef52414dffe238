"""Workbooks and address cards come in as the same table as a CSV file, told apart by their bytes and not by their names."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from mooring.transfer.formats import workbook
from mooring.transfer.formats.any import read_file
from mooring.transfer.formats.csv import UnableToReadFile

SINCE = datetime(2026, 1, 2)  # noqa: DTZ001 - as a workbook holds it
CARDS = b"""BEGIN:VCARD
VERSION:3.0
N:Quay;Carol;;;
FN:Carol Quay
ORG:Harbour Ltd;Purchasing
TITLE:Head of purchasing
EMAIL;TYPE=work:carol@harbour.example
EMAIL:carol@home.example
TEL;TYPE=CELL:+44 7700 900123
TEL;TYPE=fax:+44 1
ADR;TYPE=work:;;1 Quay Road;Hull;;HU1 1AA;England
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Kowalska;Zofia =C5=BB
TEL;HOME:22 123
END:VCARD
BEGIN:VCARD
this is nothing
END:VCARD
"""


def book(*rows: list[object]) -> io.BytesIO:
    made, file = Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    made.save(file)
    return file


def test_cells_of_a_workbook_are_texts() -> None:
    table = read_file(book(["Name", "Number", "Since", None], [], ["Harbour", 12.0, SINCE, True], ["x", 1.5, date.min]))
    assert table.header == ("Name", "Number", "Since")
    assert [(row.line, list(row.cells)) for row in table.rows] == [
        (3, ["Harbour", "12", "2026-01-02", "1"]),
        (4, ["x", "1.5", "0001-01-01"]),
    ]


@pytest.mark.parametrize("raw", [b"PK\x03\x04 but no more", b"PK\x03\x04" + b"\0" * 100])
def test_a_broken_workbook_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(UnableToReadFile, match="cannot be read"):
        read_file(io.BytesIO(raw))


def test_a_packed_folder_that_is_no_workbook_or_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 100_000)
    with pytest.raises(UnableToReadFile, match="cannot be read"):
        read_file(file)
    monkeypatch.setattr(workbook, "LARGEST_UNPACKED", 10_000)
    with pytest.raises(UnableToReadFile, match="too large"):
        read_file(file)
    monkeypatch.setattr(workbook, "LARGEST_UNPACKED", 10_000_000)
    nothing = book()
    with pytest.raises(UnableToReadFile, match="empty"):
        read_file(nothing)


def test_address_cards_of_all_versions_become_rows_and_a_broken_one_spoils_only_itself() -> None:
    table = read_file(io.BytesIO(CARDS.replace(b"\n", b"\r\n")))
    first, second, third = (dict(zip(table.header, row.cells, strict=False)) | {"problem": row.problem} for row in table.rows)
    assert (first["Company"], first["Full name"], first["First name"], first["Last name"]) == (
        "Harbour Ltd",
        "Carol Quay",
        "Carol",
        "Quay",
    )
    assert (first["Email"], first["Emails"], first["Mobile"], first["Phone"]) == (
        "carol@harbour.example",
        "carol@home.example",
        "+44 7700 900123",
        "",
    )
    assert (first["Street"], first["City"], first["Postcode"], first["Type"]) == ("1 Quay Road", "Hull", "HU1 1AA", "company")
    assert (second["First name"], second["Home phone"], second["Type"]) == ("Zofia Ż", "22 123", "person")
    assert third["problem"] == "This card cannot be read."


def test_an_address_card_that_does_not_end_is_reported_and_not_left_out() -> None:
    cut = b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\n" + CARDS[: CARDS.index(b"END:VCARD")]
    assert [(row.line, row.problem) for row in read_file(io.BytesIO(cut)).rows] == [
        (1, "This card cannot be read."),
        (4, "This card cannot be read."),
    ]


def test_a_workbook_under_a_password_is_refused_in_words() -> None:
    with pytest.raises(UnableToReadFile, match="protected by a password"):
        read_file(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))


def test_everything_else_is_a_table_as_text() -> None:
    assert read_file(io.BytesIO("Name;Stadt\nHafen;Köln\n".encode("cp1252"))).delimiter == ";"
