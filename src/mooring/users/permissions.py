"""What each role may do: role x module x action -> scope. Pure decisions; the querysets of the rooms apply them."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

from mooring.users.models import Role, User


class Scope(IntEnum):
    """On whose records. OWN includes records that have no owner yet."""

    NONE = 0
    OWN = 1
    ALL = 2


class Module(StrEnum):
    CUSTOMERS = "customers"
    LEADS = "leads"
    PROJECTS = "projects"
    ACCOUNTS = "accounts"
    """Mail accounts: their settings, not what is in them."""
    SALES = "sales"
    """Sales mailboxes with their pipelines and opportunities. OWN reaches the user's boxes and all below them."""
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

RIGHTS: Final[dict[str, dict[Module, dict[Action, Scope]]]] = {
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


def scope_of(user: User, module: Module, action: Action) -> Scope:
    """How far the user's right to do `action` in `module` reaches. A user who may not sign in has none."""
    if not user.is_active:
        return Scope.NONE
    return RIGHTS.get(user.role, {}).get(module, {}).get(action, Scope.NONE)


def may(user: User, module: Module, action: Action) -> bool:
    """Whether the user may do `action` on anything in `module` at all."""
    return scope_of(user, module, action) is not Scope.NONE
