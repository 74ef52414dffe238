"""Which values of a row are no good, one by one, so that the row can come without them. Decides, and reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mooring.transfer.cells import values

NEVER_LEFT_OUT: Final = frozenset({"name", "first_name", "last_name", "company_name", "number", "parent_id", "parent_kind"})
"""Without these nobody would know whose row it was: where they are no good, the row is."""
MOST_TOLD_SINGLY: Final = 20
"""Bad values of one cell. A cell of 64 KB would tell many thousands."""
_ADDRESSES: Final = frozenset({"email", "more_emails", "domains"})
_WORDS: Final = frozenset({"tags"})


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column of a row. `place` is the column, `field` what it is; several columns may be one field."""

    place: int
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class BadValue:
    """What stood in a cell, and why it is no good."""

    cell: Cell
    value: str
    why: str


def sift(
    cells: Iterable[Cell], problem_with: Callable[[str, str], str], *, lists: Mapping[str, str]
) -> tuple[list[Cell], list[BadValue]]:
    """The cells without their bad values, and these. `problem_with` says of a field and a value what is wrong, or nothing.

    Of several values in a cell the good ones stay; where none is, the cell is told as a whole, and where very many are bad,
    these are told as one. `lists` are fields that
    choose several entries, each with the characters that stand between them.
    """
    kept: list[Cell] = []
    bad: list[BadValue] = []
    for cell in cells:
        why = "" if cell.field in NEVER_LEFT_OUT else problem_with(cell.field, cell.text)
        if not why:
            kept.append(cell)
            continue
        told = {value: problem_with(cell.field, value) for value in _single_values(cell, lists)}
        good = [value for value, wrong in told.items() if not wrong]
        wrong_ones = [BadValue(cell, value, wrong) for value, wrong in told.items() if wrong]
        between = " " if cell.field in _ADDRESSES else ";"
        if good:
            kept.append(replace(cell, text=between.join(good)))
        if good and len(wrong_ones) > MOST_TOLD_SINGLY:
            bad.append(BadValue(cell, between.join(each.value for each in wrong_ones), why))
        elif good:
            bad += wrong_ones
        else:
            bad.append(BadValue(cell, cell.text, why))
    return kept, bad


def _single_values(cell: Cell, lists: Mapping[str, str]) -> Collection[str]:
    if cell.field in _ADDRESSES:
        return values({cell.field: cell.text}, cell.field)
    between = ",;|" if cell.field in _WORDS else lists.get(cell.field, "")
    text = cell.text
    for character in between:
        text = text.replace(character, "\n")
    return [part.strip() for part in text.split("\n") if part.strip()] if between else [text]
