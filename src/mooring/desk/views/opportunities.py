"""Sales opportunities: the card, adding and changing one, its way through the stages, contacts and checklist."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, customer_for, lead_for, may_in, opportunity_for, pipeline_for, user_of
from mooring.desk.forms.editor import version_of
from mooring.desk.forms.opportunities import FACTS, OpportunityForm, PersonForm, initial_of
from mooring.desk.forms.staff import refuse
from mooring.desk.list_pages import own_path
from mooring.desk.opened_boxes import opened
from mooring.desk.opportunity_pages import contacts_near, label_of_fact, sale_card, tasks_of_sale
from mooring.desk.pipeline_lines import pipeline_lines
from mooring.desk.timeline import id_in
from mooring.sales.models import Opportunity, Pipeline
from mooring.sales.opportunities import (
    add_opportunity,
    bring_back_opportunity,
    change_opportunity,
    remove_opportunity,
    tick_line,
)
from mooring.sales.opportunity_data import ChecklistItem, OpportunityData, PersonInSale, UnableToSell, data_of
from mooring.ui.rendering import page, see_other, toast, wants_fragment
from mooring.users.permissions import Action, Module


@may_in(Module.SALES, Action.CHANGE)
def new_opportunity(request: HttpRequest) -> HttpResponse:
    """In the pipeline that `?pipeline=` names; without one, or with one of several, it is chosen first."""
    pipeline = _pipeline_asked(request)
    if pipeline is None:
        rows = Pipeline.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
        return page(request, "desk/opportunities/choose.html", {"lines": pipeline_lines(rows), "query": _query_of(request)})
    stage = pipeline.stages.filter(pk=id_in(request.GET.get("stage", "")) or 0).first()
    start = {"currency": pipeline.currency, "owner": user_of(request), "whom": _whom_asked(request), "quantity": 1}
    form = OpportunityForm(request.POST or None, reader=user_of(request), initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_opportunity(
                pipeline=pipeline, stage=stage, data=form.data_entered(), by=actor_of(request), now=timezone.now()
            )
        except UnableToSell as error:
            refuse(form, error.problems)
        else:
            toast(request, _("“%(title)s” was added.") % {"title": made})
            return see_other(request, reverse("opportunity", args=[made.pk]))
    values = {"form": form, "title": _("New sales opportunity"), "pipeline": pipeline, "stage": stage}
    return page(request, "desk/opportunities/form.html", values, status=422 if form.errors else 200)


@require_GET
@may_in(Module.SALES)
def opportunity(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """The card with what happened."""
    return sale_card(request, opportunity_for(request, opportunity_id))


@require_GET
@may_in(Module.SALES)
def opportunity_tasks(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """The card with what is planned."""
    sale = opportunity_for(request, opportunity_id)
    return sale_card(request, sale, {**tasks_of_sale(request, sale), "now": timezone.now()})


@may_in(Module.SALES, Action.CHANGE)
def edit_opportunity(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """All of it on one form."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    form = OpportunityForm(request.POST or None, reader=user_of(request), known=sale, initial=initial_of(sale))
    if request.method == "POST" and _is_saved(request, sale, form):
        return _to_card(request, sale)
    values = {"form": form, "title": _("Change sales opportunity"), "pipeline": sale.pipeline, "record": sale}
    return page(
        request, "desk/opportunities/form.html", {**values, "version": _version(sale)}, status=422 if form.errors else 200
    )


@may_in(Module.SALES, Action.CHANGE)
def edit_opportunity_fact(request: HttpRequest, opportunity_id: int, fact: str) -> HttpResponse:
    """The card with one fact as a form; sent, the card again. Works as a page of its own too."""
    if fact not in FACTS:
        raise Http404
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    form = OpportunityForm(request.POST or None, reader=user_of(request), known=sale, only=FACTS[fact], initial=initial_of(sale))
    if request.method == "POST" and _is_saved(request, sale, form):
        if wants_fragment(request):
            return sale_card(request, opportunity_for(request, sale.pk), {"just_edited": fact})
        return _to_card(request, sale)
    values = {"form": form, "edited": fact, "label": label_of_fact(fact), "version": _version(sale)}
    return sale_card(request, sale, values)


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def drop_opportunity(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """Out of sight; the way back is in the toast."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    remove_opportunity(opportunity=sale, by=actor_of(request), now=timezone.now())
    undo = reverse("put_back_opportunity", args=[sale.pk])
    toast(request, _("“%(title)s” was removed.") % {"title": sale}, undo_url=undo)
    return see_other(request, reverse("pipeline", args=[sale.pipeline_id]))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def put_back_opportunity(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """Undo the removal."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE, is_removed=True)
    bring_back_opportunity(opportunity=sale, by=actor_of(request), now=timezone.now())
    toast(request, _("“%(title)s” is back.") % {"title": sale})
    return see_other(request, reverse("opportunity", args=[sale.pk]))


@may_in(Module.SALES, Action.CHANGE)
def add_sale_contact(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """A contact of the customer or lead takes part, or takes part as something else."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    form = PersonForm(request.POST or None, contacts=contacts_near(request, sale))
    if not form.is_valid():
        status = 422 if form.errors else 200
        return page(request, "desk/opportunities/person.html", {"form": form, "record": sale}, fragment="form", status=status)
    person = PersonInSale(contact=form.cleaned_data["contact"], role=form.cleaned_data["role"])
    data = data_of(sale)
    return _changed(request, sale, replace(data, people=(*data.people, person)))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def drop_sale_contact(request: HttpRequest, opportunity_id: int, contact_id: int) -> HttpResponse:
    """A contact takes no part any more."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    data = data_of(sale)
    return _changed(request, sale, replace(data, people=tuple(each for each in data.people if each.contact.pk != contact_id)))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def add_checklist_line(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """One more thing to be seen to."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    data = data_of(sale)
    line = ChecklistItem(text=request.POST.get("text", ""))
    return _changed(request, sale, replace(data, checklist=(*data.checklist, line)))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def change_checklist_line(request: HttpRequest, opportunity_id: int, line_id: int) -> HttpResponse:
    """Tick it, untick it, or, with `remove`, take it off."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    line = sale.checklist.filter(pk=line_id).first()
    if line is None:
        raise Http404
    if "remove" in request.POST:
        data = data_of(sale)
        rest = tuple(each for number, each in enumerate(data.checklist) if number != line.place)
        return _changed(request, sale, replace(data, checklist=rest))
    tick_line(line=line, is_done=not line.is_done, by=actor_of(request), now=timezone.now())
    return see_other(request, reverse("opportunity", args=[sale.pk]))


def _is_saved(request: HttpRequest, sale: Opportunity, form: OpportunityForm) -> bool:
    """Save what was entered, unless somebody else saved since the form was opened."""
    if not form.is_valid():
        return False
    if request.POST.get("changed_at", _version(sale)) != _version(sale):
        text = _("Somebody else saved meanwhile. What you typed stands below; look at it and save again.")
        form.add_error(None, forms.ValidationError(text))
        return False
    try:
        change_opportunity(opportunity=sale, data=form.data_entered(), by=actor_of(request), now=timezone.now())
    except UnableToSell as error:
        refuse(form, error.problems)
        return False
    return True


def _changed(request: HttpRequest, sale: Opportunity, data: OpportunityData) -> HttpResponse:
    try:
        change_opportunity(opportunity=sale, data=data, by=actor_of(request), now=timezone.now())
    except UnableToSell as error:
        toast(request, str(error), is_problem=True)
    return see_other(request, own_path(request, reverse("opportunity", args=[sale.pk])))


def _to_card(request: HttpRequest, sale: Opportunity) -> HttpResponse:
    toast(request, _("“%(title)s” was saved.") % {"title": sale})
    return see_other(request, reverse("opportunity", args=[sale.pk]))


def _version(sale: Opportunity) -> str:
    return version_of(sale.changed_at)


def _pipeline_asked(request: HttpRequest) -> Pipeline | None:
    """The one that the address names, or the only one there is."""
    if pipeline_id := id_in(request.GET.get("pipeline", "")):
        return pipeline_for(request, pipeline_id, Action.CHANGE)
    rows = Pipeline.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    found = list(rows.select_related("mailbox")[:2])
    return found[0] if len(found) == 1 else None


def _whom_asked(request: HttpRequest) -> Any:
    if customer_id := id_in(request.GET.get("customer", "")):
        return customer_for(request, customer_id, Action.CHANGE)
    if lead_id := id_in(request.GET.get("lead", "")):
        return lead_for(request, lead_id, Action.CHANGE)
    return None


def _query_of(request: HttpRequest) -> str:
    """What else the address says, to go along when a pipeline is chosen."""
    query = request.GET.copy()
    query.pop("pipeline", None)
    return f"&{query.urlencode()}" if query else ""
