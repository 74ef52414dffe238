"""The fields of the additional information: added, changed, and read. They are retired and put in order as lists are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mooring.customers.checking import line
from mooring.customers.lists import UnableToKeepList, demand_name, save_entry
from mooring.customers.models import Customer, InfoField, InfoType
from mooring.users.journal import Actor, changes_between, record

MOST_FIELDS: Final = 60
MOST_CHOICES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceData:
    """`key` is None of a new choice."""

    label: str
    key: int | None = None
    is_retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoFieldData:
    """`choices` say something of choice and several choices alone."""

    name: str
    kind: str = InfoType.TEXT.value
    help_text: str = ""
    is_required: bool = False
    is_on_tab: bool = False
    choices: tuple[ChoiceData, ...] = ()


def info_fields() -> list[InfoField]:
    """All fields in their order, retired ones too. One query."""
    return list(InfoField.objects.all())


def info_fields_beside(customer: Customer) -> list[InfoField]:
    """The same, without a query if they were read with the customer (with_info_fields)."""
    rows = getattr(customer, "info_field_rows", None)
    return info_fields() if rows is None else [_field_of(row) for row in rows]


def _field_of(row: dict[str, Any]) -> InfoField:
    """SQLite hands truth over as a number, and JSON within JSON as text."""
    choices = row["choices"]
    read = {
        "is_required": bool(row["is_required"]),
        "is_on_tab": bool(row["is_on_tab"]),
        "choices": json.loads(choices) if isinstance(choices, str) else choices,
    }
    return InfoField(**{**row, **read})


def add_field(*, data: InfoFieldData, by: Actor, now: datetime) -> InfoField:
    """Behind all others. Raises UnableToKeepList."""
    if data.kind not in InfoType.values:
        raise UnableToKeepList("kind", _("Choose one of the types."))
    values = _checked(data, InfoField(kind=data.kind))
    with transaction.atomic():
        if InfoField.objects.filter(retired_at=None).count() >= MOST_FIELDS:
            raise UnableToKeepList("", _("There can be at most %(most)d fields.") % {"most": MOST_FIELDS})
        last: int | None = InfoField.objects.aggregate(last=Max("place"))["last"]
        field = InfoField(kind=data.kind, place=0 if last is None else last + 1, **values)
        save_entry(field)
        record(
            by=by,
            action="added",
            kind="infofield",
            record_id=field.pk,
            name=field.name,
            changes={"kind": field.kind},
            now=now,
        )
    return field


def change_field(*, field: InfoField, data: InfoFieldData, by: Actor, now: datetime) -> InfoField:
    """Everything but its type, which the values have. Raises UnableToKeepList."""
    values = _checked(data, field)
    before = {name: getattr(field, name) for name in values}
    changes = changes_between(_told(before), _told(values))
    if not changes:
        return field
    with transaction.atomic():
        for name, value in values.items():
            setattr(field, name, value)
        save_entry(field)
        record(by=by, action="changed", kind="infofield", record_id=field.pk, name=field.name, changes=changes, now=now)
    return field


def _checked(data: InfoFieldData, field: InfoField) -> dict[str, Any]:
    help_text = line(data.help_text)
    if len(help_text) > 300:
        raise UnableToKeepList("help_text", _("Enter at most %(most)d characters.") % {"most": 300})
    has_choices = field.kind in (InfoType.CHOICE, InfoType.CHOICES)
    return {
        "name": demand_name(data.name),
        "help_text": help_text,
        "is_required": data.is_required,
        "is_on_tab": data.is_on_tab,
        "choices": _checked_choices(data.choices, field) if has_choices else [],
    }


def _checked_choices(choices: tuple[ChoiceData, ...], field: InfoField) -> list[dict[str, Any]]:
    """A choice that is left out is retired, because values may name it."""
    known = {choice["key"]: choice for choice in field.choices}
    next_key = max(known, default=0) + 1
    kept: dict[int, dict[str, Any]] = {}
    for choice in choices:
        label = line(choice.label)
        if not label and choice.key is None:
            continue
        if not label or len(label) > 120:
            raise UnableToKeepList("choices", _("Give each choice a name of at most 120 characters."))
        key = choice.key if choice.key is not None and choice.key in known else next_key
        next_key = max(next_key, key + 1)
        kept[key] = {"key": key, "label": label, "is_retired": choice.is_retired}
    kept |= {key: {**choice, "is_retired": True} for key, choice in known.items() if key not in kept}
    labels = [choice["label"].casefold() for choice in kept.values()]
    if len(set(labels)) < len(labels):
        raise UnableToKeepList("choices", _("Two choices have the same name."))
    if len(kept) > MOST_CHOICES or not any(not choice["is_retired"] for choice in kept.values()):
        raise UnableToKeepList("choices", _("Enter between one and %(most)d choices.") % {"most": MOST_CHOICES})
    return list(kept.values())


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Choices by their labels, for the journal."""
    return {**values, "choices": [choice["label"] for choice in values["choices"] if not choice["is_retired"]]}
