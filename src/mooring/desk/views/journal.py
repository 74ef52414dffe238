"""Setup > Journal: every change by everybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mooring.desk.access import may_in
from mooring.desk.journal_words import KINDS, moment_of
from mooring.desk.menu import SETUP, tabs_for
from mooring.desk.timeline import id_in
from mooring.ui.rendering import page
from mooring.users.journal import entries_of_everything
from mooring.users.models import User
from mooring.users.permissions import Module

SIZE = 50


@may_in(Module.SETUP)
def journal(request: HttpRequest) -> HttpResponse:
    """Newest first; of one person or one kind of record if asked."""
    user = User.objects.filter(pk=id_in(request.GET.get("user", "")) or 0).first()
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in KINDS else ""
    before_id = id_in(request.GET.get("before", ""))
    entries = entries_of_everything(user=user, kind=kind, before_id=before_id, limit=SIZE + 1)
    values = {
        "moments": [moment_of(entry) for entry in entries[:SIZE]],
        "older": entries[SIZE - 1].pk if len(entries) > SIZE else None,
        "people": User.objects.order_by("name", "id"),
        "kinds": sorted(KINDS.items(), key=lambda kind: str(kind[1])),
        "user_id": user.pk if user else None,
        "kind": kind,
        "is_filtered": bool(user or kind),
        "tabs": tabs_for(request, SETUP),
        "title": _("Journal"),
    }
    return page(request, "desk/journal/journal.html", values)
