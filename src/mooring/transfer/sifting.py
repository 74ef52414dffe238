"""Which values of a row are no good, one by one, so that the row can come without them. Decides, and reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mooring.transfer.cells import values

NEVER_LEFT_OUT: Final = frozenset({"name", "first_name", "last_name", "company_name", "number", "parent_id", "parent_kind"})
"""Without these nobody would know whose row it was: where they are no good, the row is."""
_ADDRESSES: Final = frozenset({"email", "more_emails", "domains"})
_WORDS: Final = frozenset({"tags"})


@dataclass(frozen=True, slots=True)
class BadValue:
    """What stood there, and why it is no good."""

    field: str
    value: str
    why: str


def sift(
    cells: Mapping[str, str], problem_with: Callable[[str, str], str], *, lists: Mapping[str, str]
) -> tuple[dict[str, str], list[BadValue]]:
    """The cells without their bad values, and these. `problem_with` says of a field and a value what is wrong, or nothing.

    Of several values in a cell the good ones stay; where none is, the cell is told as a whole. `lists` are fields that
    choose several entries, each with the characters that stand between them.
    """
    kept: dict[str, str] = {}
    bad: list[BadValue] = []
    for field, text in cells.items():
        why = "" if field in NEVER_LEFT_OUT else problem_with(field, text)
        if not why:
            kept[field] = text
            continue
        told = {value: problem_with(field, value) for value in _single_values(cells, field, lists)}
        good = [value for value, wrong in told.items() if not wrong]
        if good:
            kept[field] = (" " if field in _ADDRESSES else ";").join(good)
            bad += [BadValue(field, value, wrong) for value, wrong in told.items() if wrong]
        else:
            bad.append(BadValue(field, text, why))
    return kept, bad


def _single_values(cells: Mapping[str, str], field: str, lists: Mapping[str, str]) -> Collection[str]:
    if field in _ADDRESSES:
        return values(cells, field)
    between = ",;|" if field in _WORDS else lists.get(field, "")
    text = cells[field]
    for character in between:
        text = text.replace(character, "\n")
    return [part.strip() for part in text.split("\n") if part.strip()] if between else [text]
