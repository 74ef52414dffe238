"""Reports > Synced emails: every letter the reader may see, where it lies, what it belongs to and why; assigned in bulk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in, user_of
from mooring.desk.forms.letters import LinkForm, ReportForm
from mooring.desk.link_pages import shown_links
from mooring.desk.list_pages import own_path
from mooring.desk.table_files import file_links, table_answer
from mooring.letters.bodies import raw_or_notice
from mooring.letters.linking import UnableToLink, assign
from mooring.letters.mailbox_file import as_mbox
from mooring.letters.models import MailAccount
from mooring.letters.report import report_page, report_records
from mooring.letters.visibility import visible_letters
from mooring.ui.parts import Chip, KeysetPage
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module, may

MOST_DOWNLOADED = 1_000
LINKABLE = (Module.CUSTOMERS, Module.LEADS, Module.PROJECTS)


@require_GET
@may_in(Module.REPORTS)
def synced_emails(request: HttpRequest) -> HttpResponse:
    """The report with its filters."""
    form = _form(request)
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    found = report_page(reader=user_of(request), filters=form.filters(), cursor=cursor)
    rows = [{"letter": row.letter, "deliveries": row.deliveries, "links": shown_links(row.links)} for row in found.rows]
    query = _filters_alone(request)
    context: dict[str, Any] = {
        "form": form,
        "page": KeysetPage(rows, found.next or None, found.previous or None),
        "chips": _chips(request, form),
        "link_form": LinkForm(reader=user_of(request)),
        "may_link": any(may(user_of(request), module, Action.CHANGE) for module in LINKABLE),
        "may_export": may(user_of(request), Module.REPORTS, Action.EXPORT),
        "may_add": may(user_of(request), Module.ACCOUNTS, Action.CHANGE),
        "files": file_links(request, Module.REPORTS, "synced_emails_csv"),
        "here": request.get_full_path(),
        "is_filtered": bool(query),
    }
    return page(request, "desk/reports/synced_emails.html", context, fragment="list")


@require_POST
@may_in(Module.REPORTS)
def assign_synced_emails(request: HttpRequest) -> HttpResponse:
    """Link the ticked letters to one customer, lead or project."""
    form = LinkForm(request.POST, reader=user_of(request))
    ids = _ticked(request)
    back = own_path(request, reverse("synced_emails"))
    if not ids or not form.is_valid():
        problem = _("Tick the emails first.") if not ids else " ".join(map(str, form.errors.get("record", [])))
        toast(request, problem, is_problem=True)
        return see_other(request, back)
    try:
        record = form.cleaned_data["record"]
        count = assign(letter_ids=ids, to=record, by=actor_of(request), now=timezone.now())
    except UnableToLink as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext("%(count)d email was linked to %(record)s.", "%(count)d emails were linked to %(record)s.", count)
        toast(request, said % {"count": count, "record": record})
    return see_other(request, back)


@require_GET
@may_in(Module.REPORTS, Action.EXPORT)
def synced_emails_csv(request: HttpRequest) -> HttpResponseBase:
    """The report as a table for other programs, as long as it is."""
    records = report_records(reader=user_of(request), filters=_form(request).filters(), is_guarded=False)
    return table_answer(request, name="synced-emails", header=next(records), rows=records)


@require_POST
@may_in(Module.REPORTS, Action.EXPORT)
def synced_emails_mbox(request: HttpRequest) -> HttpResponseBase:
    """The ticked letters as one mbox file."""
    ids = _ticked(request)[:MOST_DOWNLOADED]
    letters = visible_letters(user_of(request)).filter(pk__in=ids).select_related("original").order_by("position")
    if not ids:
        toast(request, _("Tick the emails first."), is_problem=True)
        return see_other(request, own_path(request, reverse("synced_emails")))
    lines = as_mbox((letter, raw_or_notice(letter)) for letter in letters)
    response = StreamingHttpResponse(lines, content_type="application/mbox")
    response["Content-Disposition"] = 'attachment; filename="emails.mbox"'
    return response


def _form(request: HttpRequest) -> ReportForm:
    accounts = MailAccount.objects.visible_to(user_of(request)).values_list("pk", "address")
    return ReportForm(request.GET or None, accounts=list(accounts))


def _chips(request: HttpRequest, form: ReportForm) -> list[Chip]:
    """The filters as words, each with the address of the list without it."""
    chips = []
    for name, words, value in form.chosen_in_words():
        kept = request.GET.copy()
        for gone in (name, "after", "before"):
            kept.pop(gone, None)
        chips.append(Chip(label=words, value=value, off_url=f"?{kept.urlencode()}"))
    return chips


def _filters_alone(request: HttpRequest) -> str:
    return urlencode({name: request.GET[name] for name in ReportForm.base_fields if request.GET.get(name)})


def _ticked(request: HttpRequest) -> list[int]:
    return [int(each) for each in request.POST.getlist("ids") if each.isascii() and each.isdigit() and len(each) < 19]
