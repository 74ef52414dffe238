"""What a card offers for data protection, as far as the reader's rights go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mooring.customers.models import Contact, Customer
from mooring.desk.access import user_of
from mooring.users.permissions import Action, Module, may


def protection_of(request: HttpRequest, record: Customer | Contact) -> dict[str, Any]:
    """Whether, and where, everything held can be taken along, and the record deleted for good."""
    kind, user = type(record).__name__.lower(), user_of(request)
    is_erasable = isinstance(record, Contact) or record.archived_at is not None
    return {
        "may_export": may(user, Module.CUSTOMERS, Action.EXPORT),
        "may_erase": is_erasable and may(user, Module.CUSTOMERS, Action.ERASE),
        "everything_url": reverse(f"everything_of_{kind}", args=[record.pk]),
        "erase_url": reverse(f"erase_{kind}", args=[record.pk]),
    }
