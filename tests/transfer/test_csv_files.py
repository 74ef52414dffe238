"""Reading CSV files of bad make: bounded in every direction, and one bad row spoils only itself."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.transfer.formats import csv as csv_files
from mooring.transfer.formats.csv import Table, UnableToReadFile, delimiter_of, read_table
from mooring.transfer.formats.encodings import encoding_of


def table_of(raw: bytes | str) -> Table:
    return read_table(io.BytesIO(raw.encode() if isinstance(raw, str) else raw))


def test_rows_come_with_the_line_on_which_they_begin() -> None:
    rows = list(table_of('a,b\n1,"x\ny"\n\n2,z\n').rows)
    assert [(row.line, list(row.cells)) for row in rows] == [(2, ["1", "x\ny"]), (5, ["2", "z"])]


def problems_of(raw: bytes | str) -> list[tuple[int, str]]:
    return [(row.line, row.problem) for row in table_of(raw).rows]


@pytest.mark.parametrize("huge", ["x" * 70_000, "x" * 131_073, "x" * 3_000_000, '"' + "x" * 200_000 + '"'])
def test_a_huge_cell_is_a_row_with_a_problem_and_the_rest_goes_on(huge: str) -> None:
    rows = list(table_of(f"a,b\n1,{huge}\n2,z\n").rows)
    assert "too long" in rows[0].problem
    assert (rows[0].line, list(rows[-1].cells), rows[-1].problem) == (2, ["2", "z"], "")


@pytest.mark.parametrize("rest", ["2,z\n", "2,z\n" * 100_000, "x" * 200_000 + "\n2,z\n", "x" * 1_200_000 + "\n2,z\n"])
def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line_instead_of_swallowing_rows(rest: str) -> None:
    with pytest.raises(UnableToReadFile, match="in line 3"):
        list(table_of('a,b\n0,y\n1,"open\n' + rest).rows)


def test_a_quotation_mark_that_the_next_one_closes_spoils_the_rows_between_and_no_others() -> None:
    rows = list(table_of('a,b\n0,y\n1,"open\n2,"z"\n3,x\n').rows)
    assert [(row.line, list(row.cells)) for row in rows] == [(2, ["0", "y"]), (3, []), (5, ["3", "x"])]
    assert rows[1].problem.startswith("Lines 3 to 4: a quotation mark is not closed")
    assert problems_of('a,b\n"Sea "Side" Ltd",y\n')[0][1].startswith("Lines 2 to 2")


def test_a_bad_byte_spoils_its_row_and_leaves_the_file_in_its_encoding() -> None:
    table = table_of("a,b\nŁódź,żółw\nKraków,".encode() + b"\xb3x\n" + "Gdańsk,y\n".encode())
    rows = list(table.rows)
    assert (table.encoding, [list(row.cells) for row in rows]) == ("utf-8", [["Łódź", "żółw"], [], ["Gdańsk", "y"]])
    assert (rows[1].line, rows[1].problem.startswith("Some bytes of this row are no text in UTF-8.")) == (3, True)


@pytest.mark.parametrize("raw", ["Ł,é\n".encode("utf-16") + b"\0\xdc,\0", "Łódź,x\n".encode("cp1250") + b"\x81\n"])
def test_bytes_that_no_encoding_knows_are_told_and_never_replaced(raw: bytes) -> None:
    assert "no text in" in problems_of(raw)[0][1]


def test_a_bad_byte_among_the_names_of_the_columns_is_told() -> None:
    with pytest.raises(UnableToReadFile, match="no text in UTF-8"):
        table_of("Łódź,żółw".encode() + b"\xb3\n")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1,2,3", ""),
        ("1,2,3,,", ""),
        (" ", ""),
        ("1,2", "Cells of this row: 2; columns in the first row: 3. Perhaps a line break"),
        ("1,2,3,4", "Cells of this row: 4; columns in the first row: 3. Put a cell"),
    ],
)
def test_a_row_with_more_or_fewer_cells_than_columns_is_told(row: str, told: str) -> None:
    ((line, problem),) = problems_of(f"a,b,c\n{row}\n")
    assert (line, problem.startswith(told), bool(problem)) == (2, True, bool(told))


def test_bytes_that_are_no_text_at_all_are_refused() -> None:
    with pytest.raises(UnableToReadFile, match="no table as text"):
        table_of(bytes(range(256)) * 3 + bytes([1, 2, 3, 4, 5] * 200))


def test_too_many_columns_are_refused_in_the_header_and_reported_in_a_row() -> None:
    with pytest.raises(UnableToReadFile, match="200 columns"):
        table_of("a," * 200 + "b\n")
    with pytest.raises(UnableToReadFile, match="too long"):
        table_of("," * 2_000_000 + "\n")
    (row,) = table_of("a,b\n" + "x," * 300 + "\n").rows
    assert "200 columns" in row.problem


def test_rows_over_the_limit_are_not_read_and_this_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "MOST_ROWS", 2)
    rows = list(table_of("a\n1\n2\n3\n4\n").rows)
    assert [bool(row.problem) for row in rows] == [False, False, True]


def test_memory_stays_flat_while_a_file_is_read() -> None:
    import tracemalloc

    raw = b"a,b\n" + b"some,thing\n" * 60_000
    file = io.BytesIO(raw)
    tracemalloc.start()
    try:
        assert sum(1 for _row in read_table(file).rows) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a;b,c;d\n", ";"),
        ('"a;b;c",d\n', ","),
        ("a\tb\n", "\t"),
        ("a|b|c,d\n", "|"),
        ("sep=|\na;b;c\n", "|"),
        ('"sep=;"\na,b,c\n', ";"),
        ("only\n", ","),
        ("", ","),
        ("\ufeff\r\na;b\n", ";"),
    ],
)
def test_the_delimiter_is_what_divides_the_first_line(sample: str, delimiter: str) -> None:
    assert delimiter_of(sample) == delimiter


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("a,ż\n".encode(), "utf-8"),
        ("a,ż\n".encode("utf-8-sig"), "utf-8-sig"),
        ("a,ż\n".encode("utf-16"), "utf-16"),
        ("abc,d\n".encode("utf-16-le"), "utf-16-le"),
        ("abc,d\n".encode("utf-16-be"), "utf-16-be"),
        ("Świętosława, Łódź\n".encode("cp1250"), "cp1250"),
        ("Crème, Bjørn\n".encode("cp1252"), "cp1252"),
        (b"\x80\n", "cp1252"),
        (b"ok \xc5", "cp1252"),
    ],
)
def test_the_encoding_is_found(raw: bytes, encoding: str) -> None:
    assert encoding_of(io.BytesIO(raw)) == encoding


@given(st.binary(max_size=400))
def test_no_bytes_whatever_make_it_fail_otherwise_than_in_words(raw: bytes) -> None:
    try:
        rows = list(table_of(raw).rows)
    except UnableToReadFile:
        return
    assert all(row.problem or row.cells for row in rows)
