"""What a server's JSON says, taken out piece by piece: a stranger wrote it, so every shape is checked where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

from mooring.mail.dates import FIRST_YEAR, LAST_YEAR
from mooring.mail.errors import ProtocolViolation

Object: TypeAlias = dict[str, Any]


def text_in(found: Object, name: str) -> str:
    """A text that must be there. Raises ProtocolViolation."""
    value = found.get(name)
    if not isinstance(value, str):
        raise ProtocolViolation(expected=f"a text as {name}")
    return value


def object_in(found: Object, name: str) -> Object:
    """An object; empty where it is absent or null. Raises ProtocolViolation."""
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ProtocolViolation(expected=f"an object as {name}")
    return value


def objects_in(found: Object, name: str) -> list[Object]:
    """A list of objects; empty where it is absent or null. Raises ProtocolViolation."""
    return list(_list_in(found, name, dict))


def texts_in(found: Object, name: str) -> list[str]:
    """A list of texts; empty where it is absent or null. Raises ProtocolViolation."""
    return list(_list_in(found, name, str))


def _list_in(found: Object, name: str, kind: type) -> Iterator[Any]:
    values = found.get(name)
    if values is None:
        return
    if not isinstance(values, list):
        raise ProtocolViolation(expected=f"a list as {name}")
    for value in values:
        if not isinstance(value, kind):
            raise ProtocolViolation(expected=f"a list of {kind.__name__} as {name}")
        yield value


def number_in(found: Object, name: str, *, default: int = 0) -> int:
    """A number that is not negative, written as one or as a text of digits; `default` for everything else."""
    value = found.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else default


def moment_in(found: Object, name: str) -> datetime | None:
    """A time in the form of RFC 3339, in UTC; None for everything else."""
    value = found.get(name)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
