"""What administrators give a role or take from it, table by table; taken back in one step, and set to what it came with.

Administrators keep all rights, so that nobody locks everybody out. What counts at once is read in permissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.users.journal import Actor, record
from mooring.users.models import Role, RoleRights
from mooring.users.permissions import CHANGEABLE, Action, Module, Rights, Scope, may, role_rights

CHANGEABLE_ROLES: Final = tuple(role for role in Role if role is not Role.ADMINISTRATOR)

Chosen = Mapping[Module, Mapping[Action, Scope]]


class UnableToChangeRights(Exception):
    """The rights are as they were. `problems`: (module, action), or None for the whole form, -> text fit for the user."""

    def __init__(self, problems: Mapping[tuple[Module, Action] | None, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


def kept_rights() -> dict[str, RoleRights]:
    """What was changed, by role. One query."""
    return {row.role: row for row in RoleRights.objects.all()}


def rights_in_force(role: str, row: RoleRights | None) -> Rights:
    """What the role may do, given what was changed of it."""
    return role_rights(role, row.scopes if row else None)


def is_as_it_came(role: str, row: RoleRights | None) -> bool:
    """Whether the role has the rights it came with, cell by cell."""
    return rights_in_force(role, row) == rights_in_force(role, None)


def change_rights(*, role: str, chosen: Chosen, version: int, by: Actor, now: datetime) -> RoleRights:
    """Give the role these scopes, every cell of CHANGEABLE. Raises UnableToChangeRights."""
    _demand_sound(chosen)
    return _write(role, _in_words(chosen), version=version, by=by, now=now, action="rights_changed")


def reset_rights(*, role: str, version: int, by: Actor, now: datetime) -> RoleRights:
    """Give the role the rights it came with. Raises UnableToChangeRights."""
    return _write(role, {}, version=version, by=by, now=now, action="rights_reset")


def undo_change(*, role: str, version: int, by: Actor, now: datetime) -> RoleRights:
    """Give the role the rights it had before its last change, if that is still the one seen. Raises UnableToChangeRights."""
    row = RoleRights.objects.filter(role=role).first()
    if row is None or row.before is None:
        raise UnableToChangeRights({None: _("There is no change to take back.")})
    return _write(role, row.before, version=version, by=by, now=now, action="rights_change_undone", is_undoing=True)


def _write(
    role: str, scopes: dict[str, Any], *, version: int, by: Actor, now: datetime, action: str, is_undoing: bool = False
) -> RoleRights:
    _demand_administrator(by, role)
    with transaction.atomic():
        row = RoleRights.objects.select_for_update().filter(role=role).first()
        if row is None and rights_in_force(role, None) == role_rights(role, scopes):
            return RoleRights(role=role, version=0)
        if row is None:  # of two who are the first at the same moment one waits here, and finds the other's row
            row, _is_new = RoleRights.objects.select_for_update().get_or_create(role=role, defaults={"version": 0})
        if row.version != version:
            said = _("Somebody else changed these rights meanwhile. Look at them again.")
            raise UnableToChangeRights({None: said})
        before, after = rights_in_force(role, row), role_rights(role, scopes)
        if before != after:
            row.before = None if is_undoing else row.scopes
            row.scopes, row.version = scopes, row.version + 1
            row.save()
            changes = {"role": role, **_changes(before, after)}
            record(by=by, action=action, kind="role", record_id=None, name="", changes=changes, now=now)
    return row


def _demand_administrator(by: Actor, role: str) -> None:
    """Commands act for the installation; a person needs the right to set it up."""
    if by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToChangeRights({None: _("Only an administrator may do this.")})
    if role not in CHANGEABLE_ROLES:
        raise UnableToChangeRights({None: _("Administrators keep all rights, so that nobody is locked out.")})


def _demand_sound(chosen: Chosen) -> None:
    """Every cell is chosen, and nobody may act on what they may not see."""
    problems: dict[tuple[Module, Action] | None, str] = {}
    for module, actions in CHANGEABLE.items():
        scopes = chosen.get(module, {})
        for action in actions:
            if action not in scopes:
                problems[module, action] = _("Choose one of the scopes.")
            elif scopes[action] > scopes.get(Action.VIEW, Scope.NONE):
                problems[module, action] = _("This reaches further than what the role may see.")
    if problems:
        raise UnableToChangeRights(problems)


def _in_words(chosen: Chosen) -> dict[str, Any]:
    return {
        str(module): {str(action): chosen[module][action].name.lower() for action in actions}
        for module, actions in CHANGEABLE.items()
    }


def _changes(before: Rights, after: Rights) -> dict[str, list[str]]:
    """{"customers_view": [scope, scope], ...}: the cells that are another scope now."""
    return {
        f"{module}_{action}": [before[module][action].name.lower(), after[module][action].name.lower()]
        for module, actions in CHANGEABLE.items()
        for action in actions
        if before[module][action] is not after[module][action]
    }
