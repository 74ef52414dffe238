"""The card of a sales opportunity: its facts, its way through the stages, contacts, checklist, what happened, what is planned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.activities.queries import activities_of
from mooring.customers.models import Contact
from mooring.customers.tagging import tags_of
from mooring.desk.access import may_change_opportunity, user_of
from mooring.desk.board_pages import cards_of
from mooring.desk.facts import Fact, Line
from mooring.desk.journal_words import moment_on_card
from mooring.desk.sales_words import money, worth
from mooring.desk.timeline import id_in
from mooring.sales.board import with_letters
from mooring.sales.models import Opportunity, StageMove
from mooring.ui.parts import Moment, Tab
from mooring.ui.rendering import page
from mooring.users.journal import entries_about
from mooring.users.permissions import Action, Module
from mooring.users.reach import is_owned_within

LINES: Final = 30
_LABELS: Final = {
    "whom": gettext_lazy("With"),
    "amount": gettext_lazy("Amount"),
    "probability": gettext_lazy("Probability"),
    "close_on": gettext_lazy("Close date"),
    "next_step": gettext_lazy("Next step"),
    "owner": gettext_lazy("Looked after by"),
    "source": gettext_lazy("Source"),
    "kind": gettext_lazy("Type"),
    "tags": gettext_lazy("Tags"),
    "rejection": gettext_lazy("Rejection reason"),
    "products": gettext_lazy("Products"),
    "note": gettext_lazy("Note"),
    "title": gettext_lazy("What"),
}


@dataclass(frozen=True, slots=True)
class History:
    """A page of what happened; `older` is the place of the next one."""

    moments: list[Moment]
    older: str = ""


def sale_card(request: HttpRequest, sale: Opportunity, context: dict[str, Any] | None = None) -> HttpResponse:
    """The card; `context` says which tab or fact is open. At most twelve queries."""
    values = {**around_sale(request, sale), **(context or {})}
    if "tab" not in values:
        values["timeline"] = history_of(sale, before=request.GET.get("before", ""))
    form = values.get("form")
    status = 422 if form is not None and form.errors else 200
    return page(request, "desk/opportunities/card.html", values, fragment="card", status=status)


def around_sale(request: HttpRequest, sale: Opportunity) -> dict[str, Any]:
    """What every tab of the card shows."""
    may_change = may_change_opportunity(request, sale)
    (card,) = cards_of([with_letters(sale)])
    people = list(sale.contacts.select_related("contact", "role"))
    return {
        "record": sale,
        "kind": {"name": "opportunity"},
        "card": card,
        "facts": facts_of_sale(request, sale),
        "stages": list(sale.pipeline.stages.all()),
        "last_move": _last_move(sale) if may_change else None,
        "people": people,
        "checklist": list(sale.checklist.all()),
        "may_change": may_change,
        "tabs": _tabs(request, sale),
    }


def facts_of_sale(request: HttpRequest, sale: Opportunity) -> list[Fact]:
    """Fact by fact, in the order in which people look for them. One query."""
    return [Fact(name=name, label=str(label), lines=tuple(_lines(request, sale, name))) for name, label in _LABELS.items()]


def label_of_fact(name: str) -> str:
    """What stands before the fact."""
    return str(_LABELS[name])


def history_of(sale: Opportunity, *, before: str) -> History:
    """The lines of its journal, newest first, with date, time and person."""
    entries = entries_about(kind="opportunity", record_id=sale.pk, before_id=id_in(before), limit=LINES + 1)
    moments = [moment_on_card(entry) for entry in entries[:LINES]]
    return History(moments, str(entries[LINES - 1].pk) if len(entries) > LINES else "")


def tasks_of_sale(request: HttpRequest, sale: Opportunity) -> dict[str, Any]:
    """What the tab of tasks needs; two queries, with letters three."""
    return {"tab": "tasks", "activities": activities_of(sale, reader=user_of(request)), "may_add": True}


def contacts_near(request: HttpRequest, sale: Opportunity) -> Any:
    """The contacts of the customer or lead whom the reader may see."""
    where = {"affiliations__customer": sale.customer} if sale.customer_id else {"affiliations__lead": sale.lead}
    return Contact.objects.visible_to(user_of(request)).filter(**where).order_by("name_key", "pk").distinct()


def _tabs(request: HttpRequest, sale: Opportunity) -> list[Tab]:
    places = ((_("Timeline"), "opportunity"), (_("Emails"), "opportunity_emails"), (_("Tasks"), "opportunity_tasks"))
    tabs = [(label, reverse(name, args=[sale.pk])) for label, name in places]
    is_open = next((url for _label, url in tabs if url == request.path), tabs[0][1])
    return [Tab(label=label, url=url, is_current=url == is_open) for label, url in tabs]


def _last_move(sale: Opportunity) -> StageMove | None:
    """The move that can be undone."""
    last = sale.moves.filter(undone_at=None).select_related("from_stage", "moved_by").first()
    return last if last is not None and last.to_stage_id == sale.stage_id else None


def _lines(request: HttpRequest, sale: Opportunity, name: str) -> Iterator[Line]:
    if name == "amount":
        yield from _amount_lines(sale)
    elif name == "whom":
        yield _whom(request, sale)
    elif name == "probability":
        note = "" if sale.probability is not None else _("as the stage has it")
        yield Line(text=f"{sale.chance} %", note=note)
    elif name == "close_on" and sale.close_on:
        yield Line(text=date_format(sale.close_on))
    elif name == "next_step" and (sale.next_step or sale.next_step_on):
        yield Line(text=sale.next_step or "–", note=date_format(sale.next_step_on) if sale.next_step_on else "")
    elif name == "rejection" and (sale.rejection or sale.rejection_note):
        yield Line(text=str(sale.rejection or sale.rejection_note), note=sale.rejection_note if sale.rejection else "")
    elif name == "tags" and (tags := tags_of(sale)):
        yield Line(text=", ".join(tag.name for tag in tags))
    elif name in ("owner", "source", "kind", "products", "note", "title") and getattr(sale, name):
        yield Line(text=str(getattr(sale, name)))


def _amount_lines(sale: Opportunity) -> Iterator[Line]:
    yield Line(text=worth(sale))
    if sale.quantity != 1 or sale.discount:
        quantity = number_format(sale.quantity.normalize() + 0, use_l10n=True)
        text = _("%(price)s × %(quantity)s") % {"price": money(sale.price, sale.currency), "quantity": quantity}
        less = _("less %(discount)s") % {"discount": money(sale.discount, sale.currency)} if sale.discount else ""
        yield Line(text=text, note=less)
    yield Line(text=money(sale.weighted, sale.currency), note=_("weighted"))


def _whom(request: HttpRequest, sale: Opportunity) -> Line:
    """Linked if the reader may see the card of the customer or lead."""
    whom = sale.with_whom
    module = Module.CUSTOMERS if sale.customer_id else Module.LEADS
    is_seen = is_owned_within(whom.owner_id, user_of(request), module, Action.VIEW)
    url = reverse("customer" if sale.customer_id else "lead", args=[whom.pk]) if is_seen else ""
    return Line(text=whom.name, url=url, note="" if sale.customer_id else _("lead"))
