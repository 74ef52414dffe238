"""What modules, actions and scopes are called where administrators set rights, and in the journal."""

from __future__ import annotations

from typing import Any, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.permissions import CHANGEABLE, SCOPES, Action, Module, Scope

MODULES: Final[dict[Module, Any]] = {
    Module.CUSTOMERS: _("Customers and contacts"),
    Module.LEADS: _("Leads"),
    Module.PROJECTS: _("Projects"),
    Module.ACCOUNTS: _("Mail accounts"),
    Module.SALES: _("Sales mailboxes"),
    Module.REPORTS: _("Reports"),
}
HINTS: Final[dict[Module, Any]] = {
    Module.PROJECTS: _("Of customers that the role sees. A project belongs to whoever looks after its customer."),
    Module.ACCOUNTS: _("Their settings. What is in them, only their owners and teams read."),
    Module.SALES: _("With pipelines and opportunities. A sales mailbox brings all below it."),
    Module.REPORTS: _("Whose numbers are counted."),
}
ACTS: Final[dict[Action, Any]] = {
    Action.VIEW: pgettext_lazy("right", "View"),
    Action.CHANGE: pgettext_lazy("right", "Change"),
    Action.DELETE: pgettext_lazy("right", "Delete"),
    Action.EXPORT: pgettext_lazy("right", "Export"),
}
REACHES: Final[dict[Scope, Any]] = {
    Scope.NONE: pgettext_lazy("scope", "None"),
    Scope.OWN: pgettext_lazy("scope", "Own"),
    Scope.GROUP: pgettext_lazy("scope", "Group"),
    Scope.GROUP_AND_BELOW: pgettext_lazy("scope", "Group and below"),
    Scope.ALL: pgettext_lazy("scope", "All"),
}

JOURNAL_KINDS: Final = {"role": _("Role")}
JOURNAL_ACTIONS: Final = {
    "rights_changed": _("rights changed"),
    "rights_reset": _("rights as they came again"),
    "rights_change_undone": _("change of rights taken back"),
}
JOURNAL_FIELDS: Final = {
    f"{module}_{action}": format_lazy("{module}, {action}", module=MODULES[module], action=ACTS[action])
    for module, actions in CHANGEABLE.items()
    for action in actions
}


def reach_in_words(word: str) -> Any:
    """Of a scope as the journal keeps it."""
    return REACHES[SCOPES[word]] if word in SCOPES else word
