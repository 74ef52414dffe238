"""Why the reader sees a record, in a sentence: the answer to "how come I can see this?"."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.desk.kinds import Record, kind_for
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import group_shared_with, reach_of


def why_seen(record: Record, reader: User) -> str:
    """Said for a record that the reader may see; asks the database about nothing but groups, once for the reader."""
    if all(scope_of(reader, module, Action.VIEW) is Scope.ALL for module in _modules_of(record)):
        return _("Your role, %(role)s, sees all of them.") % {"role": reader.get_role_display()}
    if isinstance(record, Contact):
        return _("They work at a customer or lead that you may see.")
    if isinstance(record, Project):
        return _("It belongs to a customer that you may see.")
    if record.owner_id is None:
        return _("Nobody looks after it yet, so your role, %(role)s, sees it.") % {"role": reader.get_role_display()}
    return _("You look after it.") if record.owner_id == reader.pk else _of_group(record, reader)


def _modules_of(record: Record) -> tuple[Module, ...]:
    """Those that decide together whether the record is seen."""
    if isinstance(record, Contact):
        return (Module.CUSTOMERS, Module.LEADS)
    return (Module.CUSTOMERS, Module.PROJECTS) if isinstance(record, Project) else (kind_for(record).module,)


def _of_group(record: Customer | Lead, reader: User) -> str:
    assert record.owner is not None
    group = group_shared_with(record.owner.pk, reader, scope_of(reader, kind_for(record).module, Action.VIEW))
    names = {"owner": str(record.owner), "group": group}
    if record.owner.pk in reach_of(reader).group:
        return _("%(owner)s looks after it, and works in the group %(group)s, as you do.") % names
    return _("%(owner)s looks after it, and works in a group below %(group)s, in which you work.") % names
