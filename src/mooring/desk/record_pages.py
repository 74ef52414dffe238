"""The pages that customers, leads, contacts and projects have alike: new, change, change one fact in place, the card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.facts import data_of
from mooring.customers.info_fields import info_fields_beside
from mooring.customers.models import Customer
from mooring.customers.record_data import CustomerData, RecordData
from mooring.desk.access import may_change, user_of
from mooring.desk.facts import Fact, facts_shown, is_fact, label_of
from mooring.desk.forms.editor import Editor
from mooring.desk.forms.writing import line_of
from mooring.desk.from_letters import link_letter
from mooring.desk.info_shown import info_facts
from mooring.desk.kinds import PROJECT, Record, RecordKind, kind_for
from mooring.desk.merge_pages import merges_beside
from mooring.desk.recent import remember
from mooring.desk.record_letters import offers_shown
from mooring.desk.saving import Attempt, record_form, try_to_change, try_to_create, twins_of
from mooring.desk.timeline import id_in, timeline_of
from mooring.desk.why import why_seen
from mooring.mail.types import Mailbox
from mooring.ui.parts import Tab
from mooring.ui.rendering import page, see_other, toast, wants_fragment
from mooring.users.models import User

CardContext = Mapping[str, Any]
_CHOSEN = ("status", "industry", "source", "categories", "tags")


def new_record(request: HttpRequest, kind: RecordKind, editor: Editor[Any]) -> HttpResponse:
    """The empty form; sent, the new record's card."""
    attempt = try_to_create(request, kind, editor)
    if attempt.record is not None:
        link_letter(request, attempt.record)
        toast(request, _("%(name)s was added.") % {"name": attempt.record})
        return see_other(request, kind.url(attempt.record))
    return record_form(
        request, editor, attempt, title=kind.new_title, cancel_url=reverse(kind.list_name), hints_url=_hints_url(kind)
    )


def edit_record(request: HttpRequest, kind: RecordKind, record: Record) -> HttpResponse:
    """The whole record as a form; sent, its card."""
    editor = editor_of(request, kind, record)
    attempt = try_to_change(request, kind, editor, record)
    if attempt.record is not None:
        return _to_card_or_list(request, kind, attempt.record)
    hints_url = _hints_url(kind, f"?not={record.pk}")
    return record_form(request, editor, attempt, title=kind.edit_title, cancel_url=kind.url(record), hints_url=hints_url)


def edit_fact(request: HttpRequest, kind: RecordKind, record: Record, fact: str, context: CardContext) -> HttpResponse:
    """The card with one fact as a form; sent, the card again. Works as a page of its own too."""
    if not is_fact(data_of(record), fact):
        raise Http404
    editor = editor_of(request, kind, record, only=fact)
    if fact not in {*editor.form.fields, *(rows.kind.name for rows in editor.rows)}:
        raise Http404
    attempt = try_to_change(request, kind, editor, record)
    if attempt.record is None:
        return card(
            request,
            record,
            {**context, "editor": editor, "attempt": attempt, "edited": fact, "label": label_of(fact, data_of(record))},
        )
    is_still_seen = kind.model.objects.visible_to(user_of(request)).filter(pk=record.pk).exists()
    if is_still_seen and wants_fragment(request):
        fresh = kind.model.objects.visible_to(user_of(request)).get(pk=record.pk)
        return card(request, fresh, {**context, "just_edited": fact})
    return _to_card_or_list(request, kind, attempt.record)


def hints(request: HttpRequest, kind: RecordKind) -> HttpResponse:
    """While a record is typed: those it may be, for the place of hints beside the form."""
    editor = kind.editor(request, reader=user_of(request), start={})
    exclude_id = id_in(request.GET.get("not", ""))
    twins = twins_of(request, editor.draft(), exclude_id=exclude_id)
    return page(request, "desk/records/_twins.html", {"attempt": Attempt(twins=twins)})


def card(request: HttpRequest, record: Record, context: CardContext) -> HttpResponse:
    """The record's card; `context` brings what is special to its kind, and the tab that is open."""
    kind = kind_for(record)
    data = data_of(record)
    merges = merges_beside(request, record)
    values = {
        "record": record,
        **merges,
        "kind": kind,
        "facts": [*facts_shown(data), *_info_shown(record, data, context)],
        "write_query": _write_query(record, getattr(data, "emails", ())),
        "may_change": may_change(request, record),
        "why": why_seen(record, user_of(request)),
        "offers": offers_shown(record),
        **context,
    }
    if "tab" not in context:
        values["timeline"] = timeline_of(
            record, reader=user_of(request), place=request.GET.get("before", ""), also_ids=merges["taken_in_ids"]
        )
    editor = context.get("editor")
    status = 422 if editor is not None and (editor.has_problems or context["attempt"].meanwhile) else 200
    answer = page(request, f"desk/{kind.list_name}/card.html", values, fragment="card", status=status)
    return remember(request, answer, record)


def _info_shown(record: Record, data: RecordData, context: CardContext) -> list[Fact]:
    """Additional information in the card; of the separate tab only what is being edited."""
    if not isinstance(record, Customer) or not isinstance(data, CustomerData):
        return []
    fields = info_fields_beside(record)
    on_tab = [fact for fact in info_facts(data.info, fields, on_tab=True) if fact.name == context.get("edited")]
    return [*info_facts(data.info, fields, on_tab=False), *on_tab]


def tabs_of(request: HttpRequest, kind: RecordKind, record: Record, parts: Sequence[tuple[str, Any]]) -> list[Tab]:
    """The tabs of a card: the timeline, then `parts` as (name of the address, label)."""
    places = [(kind.name, _("Timeline")), *parts]
    tabs = [(str(label), reverse(name, args=[record.pk])) for name, label in places]
    is_open = {url for _label, url in tabs if url == request.path} or {tabs[0][1]}
    return [Tab(label=label, url=url, is_current=url in is_open) for label, url in tabs]


def editor_of(request: HttpRequest, kind: RecordKind, record: Record, *, only: str = "") -> Editor[Any]:
    """The form of a record as it stands."""
    known = data_of(record)
    reader: User = user_of(request)
    return kind.editor(request, reader=reader, known=known, start=_start_of(known), only=only)


def _hints_url(kind: RecordKind, query: str = "") -> str:
    """Where duplicates are looked for while typing; projects of one name are nothing to point out."""
    return "" if kind is PROJECT else reverse(f"hints_for_{kind.name}") + query


def _write_query(record: Record, emails: Sequence[str]) -> str:
    """The query of the address where a letter to the record is written; empty for whoever has no address."""
    return urlencode({"to": line_of([Mailbox(record.name, emails[0], emails[0])])}) if emails else ""


def _start_of(known: Any) -> dict[str, Any]:
    names = ("name", "kind", "number", "company_name", "website", "note", "owner", "customer", "is_closed", *_CHOSEN)
    return {name: getattr(known, name) for name in names if hasattr(known, name)}


def _to_card_or_list(request: HttpRequest, kind: RecordKind, record: Record) -> HttpResponse:
    """Whoever gave a record away may not see its card any more."""
    toast(request, _("%(name)s was saved.") % {"name": record})
    is_seen = kind.model.objects.visible_to(user_of(request)).filter(pk=record.pk).exists()
    return see_other(request, kind.url(record) if is_seen else reverse(kind.list_name))
