"""What administrators chose for the switches: read all with one query, change one with its line in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.options.models import OptionValue
from mooring.options.option import Option, UnusableValue
from mooring.users.journal import Actor, record
from mooring.users.permissions import Action, Module, may

Value = TypeVar("Value", bound="bool | int | str | tuple[str, ...]")


class UnableToChangeOption(Exception):
    """The switch was not turned; the text is fit for the user."""


class Values:
    """All switches as they stood at one moment."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._stored = stored

    def of(self, option: Option[Value]) -> Value:
        """What was chosen, or the default where nothing was or where the choice is no longer possible."""
        if option.name not in self._stored:
            return option.default
        try:
            return option.checked(self._stored[option.name])
        except UnusableValue:
            return option.default

    def is_chosen(self, option: Option[Value]) -> bool:
        """Whether an administrator ever turned this switch."""
        return option.name in self._stored


def read_all() -> Values:
    """Every switch with one query."""
    return Values(dict(OptionValue.objects.values_list("name", "value")))


def read(option: Option[Value]) -> Value:
    """One switch with one query; a page or a visit that needs several takes `read_all` once."""
    return Values(dict(OptionValue.objects.filter(name=option.name).values_list("name", "value"))).of(option)


def change(option: Option[Value], value: Value, *, by: Actor, now: datetime) -> Value:
    """Turn a switch. Raises UnableToChangeOption when the value or the right to do so is missing."""
    if by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToChangeOption(_("Only an administrator may do this."))
    try:
        value = option.checked(value)
    except UnusableValue as error:
        raise UnableToChangeOption(in_words(error)) from error
    with transaction.atomic():
        before = read(option)
        OptionValue.objects.update_or_create(name=option.name, defaults={"value": _json_of(value), "changed_at": now})
        if before != value:
            changes = {option.name: [_json_of(before), _json_of(value)]}
            record(by=by, action="changed", kind="option", record_id=None, name=option.name, changes=changes, now=now)
    return value


def in_words(error: UnusableValue) -> str:
    """What is wrong with a value, in the reader's language."""
    return _(error.sentence) % error.facts


def _json_of(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
