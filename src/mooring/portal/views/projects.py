"""The projects of this customer: what they are called and how they stand, without the notes of staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from mooring.portal.access import for_portal_users, projects_of
from mooring.portal.pages import portal_page


@require_GET
@for_portal_users
def projects(request: HttpRequest) -> HttpResponse:
    """The list, open ones first."""
    return portal_page(request, "projects.html", {"projects": projects_of(request)})
