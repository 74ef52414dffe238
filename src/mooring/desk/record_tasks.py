"""The tab of a card with what is planned on the record."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from mooring.activities.queries import activities_of
from mooring.customers.models import Customer, Lead, Project
from mooring.desk.access import may_change, user_of


def tasks_tab(request: HttpRequest, record: Customer | Lead | Project) -> dict[str, Any]:
    """What the template of the tab needs; two queries, with letters three."""
    activities = activities_of(record, reader=user_of(request))
    return {"tab": "tasks", "activities": activities, "may_add": may_change(request, record), "now": timezone.now()}
