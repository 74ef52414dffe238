"""Additional information as cards and lists show it, and as files say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from mooring.customers.info_values import name_of, told
from mooring.customers.models import InfoField, InfoType
from mooring.desk.facts import Fact, Line


def info_facts(info: Mapping[str, Any], fields: Sequence[InfoField], *, on_tab: bool) -> list[Fact]:
    """The facts of the card, or those of the separate tab. A retired field stands there while it has a value."""
    return [
        Fact(name=name_of(field), label=field.name, lines=tuple(Line(text=text) for text in in_words(field, info)))
        for field in fields
        if field.is_on_tab is on_tab and (field.retired_at is None or str(field.pk) in info)
    ]


def in_words(field: InfoField, info: Mapping[str, Any]) -> list[str]:
    """The value as people write it, one line for each of several choices; nothing where nothing is known."""
    value = info.get(str(field.pk))
    if value is None:
        return []
    if field.kind == InfoType.DATE:
        return [date_format(date.fromisoformat(value), "DATE_FORMAT")]
    if field.kind == InfoType.NUMBER:
        return [number_format(Decimal(value), use_l10n=True, force_grouping=True)]
    if field.kind == InfoType.YES_NO:
        return [_("Yes") if value else _("No")]
    words = told(field, value)
    return words if isinstance(words, list) else [words]


def for_file(field: InfoField, info: Mapping[str, Any]) -> str:
    """The value as an import reads it again."""
    value = info.get(str(field.pk))
    if value is None:
        return ""
    words = told(field, value)
    if isinstance(words, list):
        return "; ".join(words)
    if isinstance(words, bool):
        return _("yes") if words else _("no")
    return str(words)
