"""What each role may do: role x module x action -> scope. Decisions; the querysets of the rooms apply them.

RIGHTS is what a role comes with; administrators change it (users.rights), which counts from the next request on: what was
changed is read once for every user that is read from the database, never kept beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any, Final

from django.db.models import OuterRef, QuerySet, Subquery

from mooring.users.models import HELD_RIGHTS, KEPT_RIGHTS, Role, RoleRights, User


class Scope(IntEnum):
    """On whose records; each holds all that the one before it does. All but NONE include records of nobody,
    but for mail accounts and what is in sales mailboxes.
    """

    NONE = 0
    OWN = 1
    GROUP = 2
    """Also those of everybody who works in a group in which the user works (users.reach)."""
    GROUP_AND_BELOW = 3
    """Also those of everybody who works in a group below one of these."""
    ALL = 4


class Module(StrEnum):
    CUSTOMERS = "customers"
    LEADS = "leads"
    PROJECTS = "projects"
    ACCOUNTS = "accounts"
    """Mail accounts: their settings, not what is in them."""
    SALES = "sales"
    """Sales mailboxes with their pipelines and opportunities. A box that a scope reaches brings all below it."""
    REPORTS = "reports"
    SETUP = "setup"
    """Staff, email settings, the journal of everything."""


class Action(StrEnum):
    VIEW = "view"
    CHANGE = "change"
    DELETE = "delete"
    EXPORT = "export"
    ERASE = "erase"
    """To delete for good what rests in the archive, and a person's data."""
    RESET = "reset"
    """Of sales mailboxes alone: to empty them."""


Rights = Mapping[Module, Mapping[Action, Scope]]

_EVERYTHING: Final = dict.fromkeys(Action, Scope.ALL)
_OWN_WORK: Final = {
    Action.VIEW: Scope.OWN,
    Action.CHANGE: Scope.OWN,
    Action.DELETE: Scope.NONE,
    Action.EXPORT: Scope.OWN,
}
_LOOK: Final = {Action.VIEW: Scope.ALL}
_OWN: Final = dict.fromkeys((Action.VIEW, Action.CHANGE, Action.DELETE, Action.EXPORT), Scope.OWN)
_ALL_BUT_DELETING: Final = dict.fromkeys((Action.VIEW, Action.CHANGE, Action.EXPORT), Scope.ALL)
SCOPES: Final[Mapping[str, Scope]] = {scope.name.lower(): scope for scope in Scope}
"""By the words under which they are kept."""

RIGHTS: Final[Mapping[str, Rights]] = {
    Role.ADMINISTRATOR: dict.fromkeys(Module, _EVERYTHING),
    Role.SALES_MANAGER: {
        Module.CUSTOMERS: {**_ALL_BUT_DELETING, Action.DELETE: Scope.ALL},
        Module.LEADS: {**_ALL_BUT_DELETING, Action.DELETE: Scope.ALL},
        Module.PROJECTS: {**_ALL_BUT_DELETING, Action.DELETE: Scope.ALL},
        Module.ACCOUNTS: _OWN,
        Module.SALES: _EVERYTHING,
        Module.REPORTS: _ALL_BUT_DELETING,
    },
    Role.SALES_PERSON: {
        Module.CUSTOMERS: {**_OWN_WORK, Action.DELETE: Scope.OWN},
        Module.LEADS: _OWN_WORK,
        Module.PROJECTS: _OWN_WORK,
        Module.ACCOUNTS: _OWN,
        Module.SALES: _OWN,
        Module.REPORTS: {Action.VIEW: Scope.OWN, Action.EXPORT: Scope.OWN},
    },
    Role.OFFICE: {
        Module.CUSTOMERS: _ALL_BUT_DELETING,
        Module.LEADS: _ALL_BUT_DELETING,
        Module.PROJECTS: _ALL_BUT_DELETING,
        Module.ACCOUNTS: _OWN,
        Module.SALES: _LOOK,
        Module.REPORTS: _LOOK,
    },
    Role.READ_ONLY: {
        Module.CUSTOMERS: _LOOK,
        Module.LEADS: _LOOK,
        Module.PROJECTS: _LOOK,
        Module.SALES: _LOOK,
        Module.REPORTS: _LOOK,
    },
}


CHANGEABLE: Final[Mapping[Module, tuple[Action, ...]]] = {
    Module.CUSTOMERS: (Action.VIEW, Action.CHANGE, Action.DELETE, Action.EXPORT),
    Module.LEADS: (Action.VIEW, Action.CHANGE, Action.DELETE, Action.EXPORT),
    Module.PROJECTS: (Action.VIEW, Action.CHANGE, Action.DELETE, Action.EXPORT),
    Module.ACCOUNTS: (Action.VIEW, Action.CHANGE, Action.DELETE),
    Module.SALES: (Action.VIEW, Action.CHANGE, Action.DELETE, Action.EXPORT),
    Module.REPORTS: (Action.VIEW, Action.EXPORT),
}
"""What administrators may give or take. Setting up and erasing stay with them; nobody can be given those by a page."""


def scope_of(user: User, module: Module, action: Action) -> Scope:
    """How far the user's right to do `action` in `module` reaches. A user who may not sign in has none."""
    if not user.is_active:
        return Scope.NONE
    return rights_of(user).get(module, {}).get(action, Scope.NONE)


def may(user: User, module: Module, action: Action) -> bool:
    """Whether the user may do `action` on anything in `module` at all."""
    return scope_of(user, module, action) is not Scope.NONE


def rights_of(user: User) -> Rights:
    """What the user's role may do. At most one query for each user object, none for administrators."""
    held: tuple[str, Rights] | None = getattr(user, HELD_RIGHTS, None)
    if held is None or held[0] != user.role:
        held = user.role, role_rights(user.role, _kept_of(user, is_first=held is None))
        # Not into its dictionary: the user of a request is a wrapper, which hands attributes on.
        setattr(user, HELD_RIGHTS, held)
    return held[1]


def role_rights(role: str, kept: Any) -> Rights:
    """What the role came with, as changed by `kept` (RoleRights.scopes). Nobody acts on what they do not see."""
    changed = kept if isinstance(kept, dict) else {}
    return {
        module: _clamped({action: _scope_in(changed, module, action, scope) for action, scope in _cells(role, module)})
        for module in Module
    }


def with_rights(users: QuerySet[User]) -> QuerySet[User]:
    """Users with what was changed of their roles, in the same query."""
    kept = RoleRights.objects.filter(role=OuterRef("role")).values("scopes")[:1]
    return users.annotate(**{KEPT_RIGHTS: Subquery(kept)})


def _kept_of(user: User, *, is_first: bool) -> Any:
    if user.role == Role.ADMINISTRATOR:
        return None
    if is_first and hasattr(user, KEPT_RIGHTS):
        return getattr(user, KEPT_RIGHTS)
    return RoleRights.objects.filter(role=user.role).values_list("scopes", flat=True).first()


def _cells(role: str, module: Module) -> list[tuple[Action, Scope]]:
    came = RIGHTS.get(role, {}).get(module, {})
    return [(action, came.get(action, Scope.NONE)) for action in Action]


def _scope_in(changed: Mapping[str, Any], module: Module, action: Action, came: Scope) -> Scope:
    """A word that no scope has gives nothing."""
    words = changed.get(module)
    if action not in CHANGEABLE.get(module, ()) or not isinstance(words, dict) or action not in words:
        return came
    return SCOPES.get(str(words[action]), Scope.NONE)


def _clamped(scopes: Mapping[Action, Scope]) -> Mapping[Action, Scope]:
    return {action: min(scope, scopes[Action.VIEW]) for action, scope in scopes.items()}
