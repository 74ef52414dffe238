"""Workbooks and address cards come in as the same table as a CSV file, told apart by their bytes and not by their names."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from mooring.transfer.formats import any as formats
from mooring.transfer.formats import packed as packed_folders
from mooring.transfer.formats import vcard
from mooring.transfer.formats.any import demand_whole, read_file
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
    monkeypatch.setattr(packed_folders, "LARGEST_UNPACKED", 10_000)
    with pytest.raises(UnableToReadFile, match="too large"):
        read_file(file)
    monkeypatch.setattr(packed_folders, "LARGEST_UNPACKED", 10_000_000)
    nothing = book()
    with pytest.raises(UnableToReadFile, match="empty"):
        read_file(nothing)


def packed(**parts: bytes) -> io.BytesIO:
    """A workbook of the usual parts, some of them replaced or added; each name without its folder and ending."""
    made, file = zipfile.ZipFile(book(["Name"], ["Harbour"])), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in made.infolist():
            stem = entry.filename.rpartition("/")[2].partition(".")[0]
            target.writestr(entry.filename, parts.pop(stem, made.read(entry)))
        for stem, content in parts.items():
            target.writestr(f"xl/{stem}.xml", content)
    return file


@pytest.mark.parametrize("part", ["sheet1", "sharedStrings", "styles"])
def test_a_part_that_is_packed_a_hundredfold_is_refused_before_it_is_unpacked(part: str) -> None:
    file = packed(**{part: b"<x>" + b" " * 30_000_000})
    tracemalloc.start()
    try:
        with pytest.raises(UnableToReadFile, match="too large"):
            read_file(file)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_one_huge_cell_or_row_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_folders, "LONGEST_ROW", 500_000)
    noise = random.Random(7).randbytes(400_000).hex().encode()
    cells = b"".join(b"<c><v>%d</v></c>" % number for number in range(40_000))
    for part, content in (("sharedStrings", b"<sst><si><t>" + noise), ("sheet1", b"<sheetData><row>" + cells)):
        with pytest.raises(UnableToReadFile, match="one of its rows or cells is far too long"):
            read_file(packed(**{part: content}))


@pytest.mark.parametrize("text", [b"<!DOCTYPE x><row>", "<row>".encode("utf-16")])
def test_a_sheet_with_what_no_program_writes_into_one_is_refused(text: bytes) -> None:
    with pytest.raises(UnableToReadFile, match="cannot be read"):
        read_file(packed(sheet1=text))


def test_a_sheet_that_breaks_off_is_told_in_words() -> None:
    sheet = zipfile.ZipFile(book(["Name"], ["Harbour"], ["Anchor"])).read("xl/worksheets/sheet1.xml")
    table = read_file(packed(sheet1=sheet[: sheet.rindex(b"<row")] + b"<row><c"))
    with pytest.raises(UnableToReadFile, match="cannot be read"):
        list(table.rows)


def test_a_huge_cell_and_one_beside_the_table_are_told_with_their_rows() -> None:
    rows = read_file(book(["Name", "Note"], ["A", "x" * 30_000], ["B", "", "", "beside"])).rows
    assert [(row.line, row.problem[:27]) for row in rows] == [(2, ""), (3, "Cells of this row: 4; colum")]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\x89PNG\r\n\x1a\n", "kind PNG"),
        (b"%PDF-1.7\n", "kind PDF"),
        (b"\xff\xd8\xff\xe0", "kind JPEG"),
        (b"\x1f\x8b\x08", "kind GZIP"),
        (b"PK\x05\x06" + bytes(18), "kind ZIP"),
        (b" \r\n<!doctype html><table>", "kind HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "kind XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old XLS format"),
    ],
)
def test_files_that_hold_no_table_are_refused_by_how_they_begin(raw: bytes, told: str) -> None:
    file = io.BytesIO(raw + b'Name,Email\n"' * 20)
    for step in (demand_whole, read_file):
        with pytest.raises(UnableToReadFile, match=told):
            step(file)


def test_a_column_may_be_called_like_a_kind_of_file() -> None:
    assert [row.line for row in read_file(io.BytesIO(b"Riffle,Name\nA,B\n")).rows] == [2]


def test_a_remark_in_a_workbook_is_no_declaration() -> None:
    raw = book(["Name"], ["A"]).getvalue()
    sheet = zipfile.ZipFile(io.BytesIO(raw)).read("xl/worksheets/sheet1.xml")
    assert len(list(read_file(packed(sheet1=sheet.replace(b"<sheetData>", b"<!-- made by hand --><sheetData>"))).rows)) == 1


@pytest.mark.parametrize(("names", "told"), [(["letter.csv"], "packed folder"), (["mimetype", "content.xml"], "OpenDocument")])
def test_packed_folders_of_other_kinds_are_refused_by_what_is_in_them(names: list[str], told: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as folder:
        for name in names:
            folder.writestr(name, "x")
    with pytest.raises(UnableToReadFile, match=told):
        read_file(file)


def test_a_file_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "LARGEST_FILE", 10)
    with pytest.raises(UnableToReadFile, match="larger"):
        read_file(io.BytesIO(b"a,b\n1,2\n3,4\n"))


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


def card(name: str) -> str:
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nN:{name};;;;\nEND:VCARD\n"


def test_a_picture_that_was_cut_does_not_cost_the_card() -> None:
    extra = "PROFILE:VCARD\nitem1.PHOTO;ENCODING=BASE64;JPEG:/9j/4\n AAQS\n\tk\nURL:https\\://quay.example\nEND"
    (row,) = read_file(io.BytesIO(card("Ann").replace("END", extra, 1).encode())).rows
    assert (row.cells[1], row.cells[-2], row.problem) == ("Ann", "https://quay.example", "")


def test_each_broken_address_card_is_reported_with_its_reason_and_none_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vcard, "LONGEST_CARD", 200)
    cut = card("Cut").replace("END:VCARD\n", "").encode()
    bad = card("Małgorzata").encode() + card("Jó?zef").encode().replace(b"?", b"\xb3")
    raw = cut + bad + card("Long" * 60).encode() + card("Zoë").encode() + cut
    rows = list(read_file(io.BytesIO(raw)).rows)
    assert [row.cells[1] if row.cells else row.problem for row in rows] == [
        "This card does not end: the line END:VCARD is missing.",
        "Małgorzata",
        "Some bytes of this row are no text in UTF-8. Correct them, or save the whole file anew as UTF-8.",
        "This card is longer than 200 characters.",
        "Zoë",
        "This card does not end: the line END:VCARD is missing.",
    ]
    assert [row.line for row in rows] == [1, 5, 10, 15, 20, 25]


def test_a_workbook_under_a_password_is_refused_in_words() -> None:
    with pytest.raises(UnableToReadFile, match="protected by a password"):
        read_file(io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))


def test_everything_else_is_a_table_as_text() -> None:
    assert read_file(io.BytesIO("Name;Stadt\nHafen;Köln\n".encode("cp1252"))).delimiter == ";"
