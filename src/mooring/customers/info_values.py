"""Values of additional information: read from what people enter, kept as JSON, found by keys, told in words. Reads no rows.

`info` maps the id of a field, as text, to its value: text, a number as text, a date as text (ISO), true or false, the key of a
choice, or a list of keys. What is empty does not stand there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from mooring.customers.checking import line
from mooring.customers.models import InfoField, InfoType
from mooring.customers.models.info import KEY_LENGTH
from mooring.customers.names import LAST_CHARACTER, fold
from mooring.customers.record_data import UnableToSave

Info = Mapping[str, Any]

LONGEST_TEXT: Final = 300
LONGEST_LONG_TEXT: Final = 10_000
LARGEST_NUMBER: Final = Decimal(10) ** 14
PLACES: Final = 6
"""Digits behind the decimal point."""
_YES: Final = frozenset({"yes", "true", "1", "tak", "y", "t", "x"})
_NO: Final = frozenset({"no", "false", "0", "nie", "n", "f"})
_DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED_DATE: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SPACES: Final = re.compile(r"[\s']")


class NotAValue(Exception):
    """What was entered is no value of the field; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class InfoFilter:
    """Customers whose key of the field lies between these two, both included."""

    field_id: int
    least: str
    most: str


def read_value(field: InfoField, entered: Any) -> Any:
    """What is kept of what was entered in a form or stands in a file, None if that is nothing. Raises NotAValue."""
    if entered is None or (isinstance(entered, (str, list, tuple)) and not entered):
        return None
    return _READERS[InfoType(field.kind)](field, entered)


def checked_info(entered: Info, fields: Sequence[InfoField], before: Info | None = None) -> dict[str, Any]:
    """All values as they are kept. Those of retired fields stay as they were `before`; a required one cannot be emptied.

    Raises UnableToSave with the names under which forms know the fields.
    """
    before = before or {}
    kept: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields:
        key = str(field.pk)
        try:
            value = before.get(key) if field.retired_at else read_value(field, entered.get(key))
        except NotAValue as error:
            problems[name_of(field)] = str(error)
            continue
        if value is None and field.is_required and not field.retired_at and key in before:
            problems[name_of(field)] = _("“%(field)s” has to be filled in.") % {"field": field.name}
        if value is not None:
            kept[key] = value
    if problems:
        raise UnableToSave(problems)
    return kept


def missing(info: Info, fields: Sequence[InfoField]) -> dict[str, str]:
    """What is to be said of required fields that have no value."""
    empty = [field for field in fields if field.is_required and not field.retired_at and str(field.pk) not in info]
    return {name_of(field): _("“%(field)s” has to be filled in.") % {"field": field.name} for field in empty}


def name_of(field: InfoField) -> str:
    """The field in forms, addresses and columns."""
    return f"info_{field.pk}"


def keys_of(field: InfoField, value: Any) -> list[str]:
    """What a kept value is found by. Numbers and dates sort by them; a long text is not found."""
    if value is None or field.kind == InfoType.LONG_TEXT:
        return []
    if field.kind == InfoType.CHOICES:
        return [str(key) for key in value]
    if field.kind == InfoType.NUMBER:
        return [_number_key(Decimal(value))]
    if field.kind == InfoType.YES_NO:
        return ["1" if value else "0"]
    return [fold(str(value))[:KEY_LENGTH] if field.kind == InfoType.TEXT else str(value)]


def told(field: InfoField, value: Any) -> Any:
    """A kept value for the journal and for files: choices by their labels, several as a list."""
    if field.kind in (InfoType.CHOICE, InfoType.CHOICES):
        labels = labels_of(field)
        if field.kind == InfoType.CHOICE:
            return labels.get(value, str(value))
        return [labels.get(key, str(key)) for key in value]
    return value


def labels_of(field: InfoField) -> dict[int, str]:
    """Key of a choice -> its label, retired ones too."""
    return {choice["key"]: choice["label"] for choice in field.choices}


def told_facts(info: Info, fields: Sequence[InfoField]) -> dict[str, Any]:
    """ "info: label" -> value in words, as the journal keeps it: under the name that the field has now."""
    return {f"info: {field.name}": told(field, info[str(field.pk)]) for field in fields if info.get(str(field.pk)) is not None}


def beginning_with(field: InfoField, text: str) -> InfoFilter:
    """Texts that begin so, whatever the case and the accents."""
    key = fold(text)[: KEY_LENGTH - 1]
    return InfoFilter(field.pk, key, key + LAST_CHARACTER)


def equal_to(field: InfoField, value: Any) -> InfoFilter:
    """A kept value of a choice, or true or false."""
    key = keys_of(field, [value] if field.kind == InfoType.CHOICES else value)[0]
    return InfoFilter(field.pk, key, key)


def between(field: InfoField, least: Any, most: Any) -> InfoFilter:
    """Numbers or dates from `least` to `most`, both included; None is no bound."""
    low, high = (None if bound is None else keys_of(field, read_value(field, bound))[0] for bound in (least, most))
    return InfoFilter(field.pk, low or "", high or LAST_CHARACTER)


def _number_key(number: Decimal) -> str:
    """Digits of one length that sort as the numbers do, negative ones too."""
    return f"{int(number.scaleb(PLACES)) + int(LARGEST_NUMBER.scaleb(PLACES)):021d}"


def _text(_field: InfoField, entered: Any) -> str | None:
    text = line(str(entered))
    if len(text) > LONGEST_TEXT:
        raise NotAValue(_("Enter at most %(most)d characters.") % {"most": LONGEST_TEXT})
    return text or None


def _long_text(_field: InfoField, entered: Any) -> str | None:
    text = str(entered).replace("\x00", "").replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8").strip()
    if len(text) > LONGEST_LONG_TEXT:
        raise NotAValue(_("Enter at most %(most)d characters.") % {"most": LONGEST_LONG_TEXT})
    return text or None


def _number(_field: InfoField, entered: Any) -> str:
    """ "1 234,5" and "1234.5" are the same; of two separators the last one is the decimal one."""
    text = _SPACES.sub("", str(entered))
    if "," in text and "." in text:
        thousands = "," if text.rindex(".") > text.rindex(",") else "."
        text = text.replace(thousands, "")
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise NotAValue(_("Enter a number, like 1234.5.")) from None
    if not number.is_finite() or abs(number) >= LARGEST_NUMBER:
        raise NotAValue(_("Enter a number of at most 14 digits."))
    rounded = round(number, PLACES)
    return f"{rounded.normalize():f}" if rounded else "0"


def _date(_field: InfoField, entered: Any) -> str:
    if isinstance(entered, date):
        return entered.isoformat()
    text = str(entered).strip()
    parts = [int(part) for found in [_DATE.fullmatch(text)] if found for part in found.groups()]
    parts = parts or [int(part) for found in [_DOTTED_DATE.fullmatch(text)] if found for part in reversed(found.groups())]
    try:
        return date(*parts).isoformat()
    except (TypeError, ValueError):
        raise NotAValue(_("Enter a date, like 2026-03-31.")) from None


def _yes_no(_field: InfoField, entered: Any) -> bool:
    if isinstance(entered, bool):
        return entered
    word = fold(str(entered))
    if word not in _YES | _NO:
        raise NotAValue(_("Enter yes or no."))
    return word in _YES


def _choice(field: InfoField, entered: Any) -> int:
    """By its key, or by its label as files have it."""
    labels = labels_of(field)
    if isinstance(entered, int) and entered in labels:
        return entered
    by_label = {fold(label): key for key, label in labels.items()}
    if isinstance(entered, str) and fold(entered) in by_label:
        return by_label[fold(entered)]
    names = ", ".join(choice["label"] for choice in field.choices if not choice["is_retired"])
    raise NotAValue(_("“%(text)s” is none of the choices: %(names)s.") % {"text": str(entered)[:80], "names": names[:300]})


def _choices(field: InfoField, entered: Any) -> list[int] | None:
    several = re.split(r"[;|]", entered) if isinstance(entered, str) else entered
    keys = {_choice(field, one.strip() if isinstance(one, str) else one) for one in several if one not in ("", " ")}
    return [key for key in labels_of(field) if key in keys] or None


_READERS: Final = {
    InfoType.TEXT: _text,
    InfoType.LONG_TEXT: _long_text,
    InfoType.NUMBER: _number,
    InfoType.DATE: _date,
    InfoType.YES_NO: _yes_no,
    InfoType.CHOICE: _choice,
    InfoType.CHOICES: _choices,
}
