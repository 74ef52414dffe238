"""Why the reader sees a record, in a sentence: the answer to "how come I can see this?"."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mooring.customers.models import Contact, Project
from mooring.desk.kinds import Record, kind_for
from mooring.users.models import User
from mooring.users.permissions import Action, Scope, scope_of


def why_seen(record: Record, reader: User) -> str:
    """Said for a record that the reader may see; asks no database."""
    if scope_of(reader, kind_for(record).module, Action.VIEW) is Scope.ALL:
        return _("Your role, %(role)s, sees all of them.") % {"role": reader.get_role_display()}
    if isinstance(record, Contact):
        return _("They work at a customer or lead that you may see.")
    if isinstance(record, Project):
        return _("It belongs to a customer that you may see.")
    if record.owner_id == reader.pk:
        return _("You look after it.")
    return _("Nobody looks after it yet, so everybody in sales sees it.")
