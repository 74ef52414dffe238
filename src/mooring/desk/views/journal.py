"""Setup > Journal: every change by everybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mooring.desk.access import may_in
from mooring.desk.journal_asked import journal_asked
from mooring.desk.journal_words import KINDS, moment_of
from mooring.desk.menu import SETUP, tabs_for
from mooring.desk.table_files import file_links
from mooring.desk.timeline import id_in
from mooring.ui.rendering import page
from mooring.users.journal import entries_of_everything
from mooring.users.models import User
from mooring.users.permissions import Module

SIZE = 50


@may_in(Module.SETUP)
def journal(request: HttpRequest) -> HttpResponse:
    """Newest first; of one person or one kind of record if asked."""
    asked = journal_asked(request)
    before_id = id_in(request.GET.get("before", ""))
    entries = entries_of_everything(user=asked.user, kind=asked.kind, before_id=before_id, limit=SIZE + 1)
    values = {
        "moments": [moment_of(entry) for entry in entries[:SIZE]],
        "older": entries[SIZE - 1].pk if len(entries) > SIZE else None,
        "people": User.objects.order_by("name", "id"),
        "kinds": sorted(KINDS.items(), key=lambda kind: str(kind[1])),
        "user_id": asked.user.pk if asked.user else None,
        "kind": asked.kind,
        "is_filtered": bool(asked.user or asked.kind),
        "tabs": tabs_for(request, SETUP),
        "title": _("Journal"),
        "files": file_links(request, Module.SETUP, "export_journal"),
    }
    return page(request, "desk/journal/journal.html", values)
