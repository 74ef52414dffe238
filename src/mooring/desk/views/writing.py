"""Writing a letter: begun, saved every few seconds, sent, thrown away. The same form in a pane and on a page of its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, draft_for, may_in, template_for, user_of
from mooring.desk.beginnings import Beginning, beginning_of, start
from mooring.desk.forms.writing import DraftForm, mailboxes_in, values_of
from mooring.desk.sale_places import all_values_for
from mooring.desk.writing_pages import after_leaving, draft_page, saved_in_words, saved_or_answer
from mooring.letters.completing import suggestions_for
from mooring.letters.drafting import (
    UnableToSaveDraft,
    begin_with_template,
    change_format,
    discard_draft,
    recipients_of,
    restore_draft,
)
from mooring.letters.models import OutgoingLetter
from mooring.letters.placeholders import fill_html, fill_text
from mooring.ui.rendering import nothing, page, see_other, toast, wants_fragment
from mooring.users.permissions import Action, Module


@may_in(Module.ACCOUNTS, Action.CHANGE)
def write(request: HttpRequest) -> HttpResponse:
    """A new letter, an answer, or one to forward: GET shows the form, POST starts the draft with what was asked or typed."""
    asked = request.POST if request.method == "POST" else request.GET
    is_plain = request.method != "POST" or ("body" in request.POST and request.POST.get("is_rich") != "yes")
    beginning = beginning_of(request, asked, is_plain=is_plain)
    if beginning is None:
        return page(request, "desk/writing/no_account.html", fragment="pane")
    if request.method != "POST":
        return _unsaved(request, beginning)
    form = DraftForm(request.POST, writer=user_of(request)) if "body" in request.POST else None
    if form is not None and not form.is_valid():
        return _unsaved(request, beginning, form)
    try:
        body = form.cleaned_data["body"] if form is not None else ""
        begun = start(request, beginning, data=form.draft_data(body=body) if form is not None else None)
    except UnableToSaveDraft as error:
        toast(request, str(error), is_problem=True)
        return nothing(request) if wants_fragment(request) else see_other(request, reverse("drafts"))
    if wants_fragment(request):
        return draft_page(request, begun)
    return see_other(request, reverse("draft", args=[begun.pk]))


def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """GET shows the draft; POST saves it and answers with when that was, or with the page."""
    found = draft_for(request, draft_id)
    if request.method != "POST":
        return draft_page(request, found)
    saved = saved_or_answer(request, found)
    if isinstance(saved, HttpResponse):
        return saved
    if wants_fragment(request):
        return page(request, "desk/writing/_saved.html", {"draft": saved, "saved": saved_in_words(saved)})
    toast(request, _("The draft was saved."))
    return see_other(request, request.path)


@require_POST
def draft_format(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Go on in plain text or with formatting: saved first, then turned."""
    found = draft_for(request, draft_id)
    saved = saved_or_answer(request, found)
    if isinstance(saved, HttpResponse):
        return saved
    change_format(draft=saved, is_rich=not saved.is_rich, by=actor_of(request), now=timezone.now())
    return _again(request, draft_id)


@require_POST
def draft_template(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Put a template's text at the beginning of the letter: what works without a script, and in plain text."""
    found = draft_for(request, draft_id)
    saved = saved_or_answer(request, found)
    if isinstance(saved, HttpResponse):
        return saved
    number = request.POST.get("template", "")
    if not number.isascii() or not number.isdigit():
        return _again(request, draft_id)
    template = template_for(request, int(number[:18]))
    to = recipients_of(saved)["to"]
    values = all_values_for(writer=user_of(request), account=saved.account, address=to[0].address if to else "")
    begin_with_template(draft=saved, template=template, values=values, by=actor_of(request), now=timezone.now())
    return _again(request, draft_id)


@require_GET
def draft_template_filled(request: HttpRequest, draft_id: int, template_id: int) -> HttpResponse:
    """A template filled for whom the letter is to, for the place where the cursor stands."""
    found = draft_for(request, draft_id)
    template = template_for(request, template_id)
    address = next((each.address for each in mailboxes_in(request.GET.get("to", ""))), "")
    values = all_values_for(writer=user_of(request), account=found.account, address=address)
    context = {"subject": fill_text(template.subject, values), "html": SafeString(fill_html(template.body_html, values))}
    return page(request, "desk/writing/_filled.html", context)


@require_POST
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Throw the draft away; a toast brings it back. One that was never typed into goes without a word."""
    found = draft_for(request, draft_id)
    try:
        discard_draft(draft=found, by=actor_of(request), now=timezone.now())
    except UnableToSaveDraft as error:
        return draft_page(request, found, problem=str(error))
    else:
        if request.POST.get("is_untouched") != "yes":
            toast(request, _("The draft was discarded."), undo_url=reverse("restore_draft", args=[draft_id]))
    return after_leaving(request, reverse("drafts"))


@require_POST
def restore(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Undo the throwing away."""
    found = draft_for(request, draft_id, is_discarded=True)
    try:
        restore_draft(draft=found, by=actor_of(request), now=timezone.now())
    except UnableToSaveDraft as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("drafts"))
    return see_other(request, reverse("draft", args=[draft_id]))


@require_GET
@may_in(Module.ACCOUNTS, Action.CHANGE)
def recipients(request: HttpRequest) -> HttpResponse:
    """Whom the letters typed so far may mean."""
    found = suggestions_for(reader=user_of(request), text=request.GET.get("q", ""))
    return page(request, "desk/writing/_suggestions.html", {"suggestions": found})


def _unsaved(request: HttpRequest, beginning: Beginning, form: DraftForm | None = None) -> HttpResponse:
    data = beginning.data
    blank = OutgoingLetter(account=data.account, subject=data.subject, version=0)
    people = {"to": list(data.to), "cc": list(data.cc), "bcc": list(data.bcc)}
    form = form or DraftForm(initial=values_of(blank, people, body=data.body), writer=user_of(request))
    context = {"form": form, "beginning": beginning}
    return page(request, "desk/writing/write.html", context, status=422 if form.errors else 200)


def _again(request: HttpRequest, draft_id: int) -> HttpResponse:
    if not wants_fragment(request):
        return see_other(request, reverse("draft", args=[draft_id]))
    return draft_page(request, draft_for(request, draft_id))
