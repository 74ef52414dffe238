"""The rights of a role as a grid: a row for each module, a choice of scope for each action; users.rights decides what may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from mooring.desk.rights_words import ACTS, HINTS, MODULES, REACHES
from mooring.users.permissions import CHANGEABLE, SCOPES, Action, Module, Rights, Scope


@dataclass(frozen=True, slots=True)
class GridCell:
    """`field` is None where there is nothing to choose; `came` is said where it is another scope than the role came with."""

    act: Any
    field: Any = None
    came: Any = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    label: Any
    hint: Any
    cells: list[GridCell]


class RightsForm(forms.Form):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, came: Rights, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._came = came
        choices = [(scope.name.lower(), words) for scope, words in REACHES.items()]
        for module, action in _cells():
            said = _("%(module)s: %(action)s") % {"module": MODULES[module], "action": ACTS[action]}
            widget = forms.Select(attrs={"aria-label": said})
            self.fields[_name(module, action)] = forms.ChoiceField(label=said, choices=choices, widget=widget)

    @classmethod
    def of(cls, rights: Rights, *, came: Rights, version: int) -> RightsForm:
        """Filled with what holds now."""
        values = {_name(module, action): rights[module][action].name.lower() for module, action in _cells()}
        return cls(initial={"version": version, **values}, came=came)

    def chosen(self) -> dict[Module, dict[Action, Scope]]:
        """Of a valid form."""
        return {
            module: {action: SCOPES[self.cleaned_data[_name(module, action)]] for action in actions}
            for module, actions in CHANGEABLE.items()
        }

    def refuse(self, problems: Mapping[tuple[Module, Action] | None, str]) -> None:
        """Put what the deed said at its cells, the rest at the head of the form."""
        for cell, text in problems.items():
            self.add_error(_name(*cell) if cell else None, text)

    def rows(self) -> list[GridRow]:
        """The grid, with the fields in their places."""
        return [
            GridRow(MODULES[module], HINTS.get(module, ""), [self._cell(module, action) for action in ACTS])
            for module in CHANGEABLE
        ]

    def _cell(self, module: Module, action: Action) -> GridCell:
        if action not in CHANGEABLE[module]:
            return GridCell(ACTS[action])
        came = self._came[module][action]
        field = self[_name(module, action)]
        return GridCell(ACTS[action], field, REACHES[came] if field.value() != came.name.lower() else "")


def _cells() -> list[tuple[Module, Action]]:
    return [(module, action) for module, actions in CHANGEABLE.items() for action in actions]


def _name(module: Module, action: Action) -> str:
    return f"{module}-{action}"
