"""Email > Drafts: what one began to write and neither sent nor discarded."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mooring.desk.access import may_in, user_of
from mooring.desk.menu import EMAIL, tabs_for
from mooring.desk.outgoing_lines import lines_of_drafts
from mooring.letters.drafting import drafts_of
from mooring.ui.rendering import page
from mooring.users.permissions import Action, Module

MOST_SHOWN = 200


@require_GET
@may_in(Module.ACCOUNTS, Action.CHANGE)
def drafts(request: HttpRequest) -> HttpResponse:
    """One's own drafts, the one changed last first."""
    found = drafts_of(user_of(request)).filter(discarded_at=None).select_related("account")
    rows = list(found.prefetch_related("recipients").order_by("-changed_at", "-id")[:MOST_SHOWN])
    context = {"lines": lines_of_drafts(rows), "tabs": tabs_for(request, EMAIL), "title": _("Drafts")}
    return page(request, "desk/writing/drafts.html", context)
