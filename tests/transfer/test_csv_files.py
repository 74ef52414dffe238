"""Reading CSV files of bad make: bounded in every direction, and one bad row spoils only itself."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.transfer.formats import csv as csv_files
from mooring.transfer.formats.csv import Table, UnableToReadFile, delimiter_of, encoding_of, read_table


def table_of(raw: bytes | str) -> Table:
    return read_table(io.BytesIO(raw.encode() if isinstance(raw, str) else raw))


def test_rows_come_with_the_line_on_which_they_begin() -> None:
    rows = list(table_of('a,b\n1,"x\ny"\n\n2,z\n').rows)
    assert [(row.line, list(row.cells)) for row in rows] == [(2, ["1", "x\ny"]), (5, ["2", "z"])]


@pytest.mark.parametrize("huge", ["x" * 70_000, "x" * 131_073, "x" * 3_000_000, '"' + "x" * 200_000])
def test_a_huge_cell_is_a_row_with_a_problem_and_the_rest_goes_on(huge: str) -> None:
    rows = list(table_of(f"a,b\n1,{huge}\n2,z\n").rows)
    assert "too long" in rows[0].problem
    assert (rows[0].line, list(rows[-1].cells), rows[-1].problem) == (2, ["2", "z"], "")


def test_an_unclosed_quotation_mark_does_not_swallow_a_long_file() -> None:
    rows = list(table_of('a,b\n1,"open\n' + "2,z\n" * 100_000).rows)
    assert "quotation" in rows[0].problem
    assert list(rows[-1].cells) == ["2", "z"]


def test_too_many_columns_are_refused_in_the_header_and_reported_in_a_row() -> None:
    with pytest.raises(UnableToReadFile, match="200 columns"):
        table_of("a," * 200 + "b\n")
    with pytest.raises(UnableToReadFile, match="too long"):
        table_of("," * 2_000_000 + "\n")
    (row,) = table_of("a,b\n" + "x," * 300 + "\n").rows
    assert "200 columns" in row.problem


def test_a_file_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "LARGEST_FILE", 10)
    with pytest.raises(UnableToReadFile, match="larger"):
        table_of("a,b\n1,2\n3,4\n")


def test_rows_over_the_limit_are_not_read_and_this_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "MOST_ROWS", 2)
    rows = list(table_of("a\n1\n2\n3\n4\n").rows)
    assert [bool(row.problem) for row in rows] == [False, False, True]


def test_memory_stays_flat_while_a_file_is_read() -> None:
    import tracemalloc

    raw = b"a,b\n" + b"some,thing\n" * 400_000
    file = io.BytesIO(raw)
    tracemalloc.start()
    try:
        assert sum(1 for _row in read_table(file).rows) == 400_000
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
