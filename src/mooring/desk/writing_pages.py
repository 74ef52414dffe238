"""What stands around a letter that is being written, in the pane as on its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, user_of
from mooring.desk.forms.writing import DraftForm, values_of
from mooring.letters.drafting import DraftChangedMeanwhile, UnableToSaveDraft, recipients_of, save_draft
from mooring.letters.models import MailAccount, OutgoingLetter, OutgoingState
from mooring.letters.templates import templates_of
from mooring.letters.visibility import accounts_written_by
from mooring.mail.written_html import written_html
from mooring.ui.rendering import gone, page, see_other, wants_fragment
from mooring.users.permissions import Action


def sent_form(request: HttpRequest, draft: OutgoingLetter) -> DraftForm:
    """The form with what was typed."""
    return DraftForm(request.POST, writer=user_of(request), auto_id=_ids_in(draft))


def stored_form(request: HttpRequest, draft: OutgoingLetter) -> DraftForm:
    """The form with what is stored."""
    body = shown_for_editing(draft) if draft.is_rich else draft.body_text
    initial = values_of(draft, recipients_of(draft), body=body)
    return DraftForm(initial=initial, writer=user_of(request), auto_id=_ids_in(draft))


def _ids_in(draft: OutgoingLetter) -> str:
    """Several drafts stand in one page."""
    return f"draft-{draft.pk}-%s"


def shown_for_editing(draft: OutgoingLetter) -> str:
    """The HTML with our own addresses in the place of the content ids of its pictures."""
    return written_html(draft.body_html, pictures={content_id: url for url, content_id in picture_urls(draft).items()})


def picture_urls(draft: OutgoingLetter) -> dict[str, str]:
    """The address of each picture within the text, with the content id that stands for it in the stored letter."""
    inline = draft.attachments.filter(is_inline=True).values_list("pk", "content_id")
    return {reverse("draft_file", args=[draft.pk, pk]): f"cid:{content_id}" for pk, content_id in inline}


def draft_page(
    request: HttpRequest,
    draft: OutgoingLetter,
    form: DraftForm | None = None,
    *,
    cautions: Sequence[str] = (),
    conflict: str = "",
    problem: str = "",
) -> HttpResponse:
    """The page of a draft, or its pane. `problem` says why it could not be sent, `cautions` what to think over before."""
    form = form or stored_form(request, draft)
    context = {**draft_context(request, draft, form), "cautions": cautions, "conflict": conflict, "problem": problem}
    if problem:
        context["repair_url"] = _repair_url(request, draft)
    is_wrong = bool(form.errors or cautions or conflict or problem)
    return page(request, "desk/writing/draft.html", context, fragment="pane", status=422 if is_wrong else 200)


def _repair_url(request: HttpRequest, draft: OutgoingLetter) -> str:
    """Where an account that cannot send gets its outgoing server; empty for whoever may not change it, or for other troubles."""
    mine = MailAccount.objects.visible_to(user_of(request), Action.CHANGE).filter(pk=draft.account_id, outgoing_protocol="")
    return reverse("edit_account", args=[draft.account_id]) if mine.exists() else ""


def saved_or_answer(request: HttpRequest, found: OutgoingLetter) -> OutgoingLetter | HttpResponse:
    """The draft with what the form says, or else the answer that says why it was not saved. Nothing typed is lost by it."""
    form = sent_form(request, found)
    if not form.is_valid():
        return draft_page(request, found, form)
    body = form.cleaned_data["body"]
    if found.is_rich:
        body = written_html(body, pictures=picture_urls(found))
    version = form.cleaned_data["version"] or 0
    try:
        data = form.draft_data(body=body)
        return save_draft(draft=found, data=data, version=version, by=actor_of(request), now=timezone.now())
    except DraftChangedMeanwhile as error:
        return _conflict(request, found, form, str(error))
    except UnableToSaveDraft as error:
        form.add_error(None, str(error))
        return draft_page(request, found, form)


def is_page(request: HttpRequest) -> bool:
    """Whether the draft stands on a page of its own, and not in the dock."""
    return request.POST.get("is_page") == "yes" or not wants_fragment(request)


def after_leaving(request: HttpRequest, url: str) -> HttpResponse:
    """The draft was sent or thrown away: its pane goes, or its page gives way to another."""
    return see_other(request, url) if is_page(request) else gone(request)


def draft_context(request: HttpRequest, draft: OutgoingLetter, form: DraftForm) -> dict[str, Any]:
    """Few queries, whatever the draft holds."""
    writer = user_of(request)
    accounts = list(accounts_written_by(writer))
    return {
        "draft": draft,
        "is_page": is_page(request),
        "form": form,
        "saved": saved_in_words(draft),
        "files": list(draft.attachments.filter(is_inline=False)),
        "templates": list(templates_of(writer)),
        "signatures": [(account.pk, SafeString(written_html(account.signature))) for account in accounts],
        "has_more_people": any(form[name].value() for name in ("cc", "bcc")),
        "has_answer_days": bool(form["wants_answer_days"].value()),
        "zone": timezone.get_current_timezone_name().replace("_", " "),
    }


def saved_in_words(draft: OutgoingLetter) -> str:
    """When the draft was saved, in the writer's time."""
    if draft.state != OutgoingState.DRAFT:
        return ""
    at = timezone.localtime(draft.changed_at)
    is_today = at.date() == timezone.localdate()
    return _("Saved %(time)s") % {"time": date_format(at, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")}


def _conflict(request: HttpRequest, found: OutgoingLetter, form: DraftForm, said: str) -> HttpResponse:
    """What was typed stays in the form, what was saved elsewhere stays in the draft; the writer chooses."""
    if wants_fragment(request) and request.POST.get("is_autosave") == "yes":
        return page(request, "desk/writing/_saved.html", {"draft": found, "conflict": said}, status=422)
    return draft_page(request, found, form, conflict=said)
