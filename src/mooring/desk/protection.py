"""What a card offers for data protection, as far as the reader's rights go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mooring.customers.models import Contact, Customer
from mooring.desk.access import user_of
from mooring.privacy.package import reaches_all_held
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may
from mooring.users.reach import is_owned_within


def protection_of(request: HttpRequest, record: Customer | Contact) -> dict[str, Any]:
    """Whether, and where, everything held can be taken along, and the record deleted for good."""
    kind, user = type(record).__name__.lower(), user_of(request)
    is_erasable = isinstance(record, Contact) or record.archived_at is not None
    return {
        "may_export": _may_export(record, user),
        "may_erase": is_erasable and may(user, Module.CUSTOMERS, Action.ERASE),
        "everything_url": reverse(f"everything_of_{kind}", args=[record.pk]),
        "erase_url": reverse(f"erase_{kind}", args=[record.pk]),
    }


def _may_export(record: Customer | Contact, user: User) -> bool:
    """No query about contacts: whether one of their places is within reach is asked when the file is."""
    if isinstance(record, Customer):
        is_reached = is_owned_within(record.owner_id, user, Module.CUSTOMERS, Action.EXPORT)
    else:
        is_reached = may(user, Module.CUSTOMERS, Action.EXPORT) or may(user, Module.LEADS, Action.EXPORT)
    return is_reached and reaches_all_held(record, user)
