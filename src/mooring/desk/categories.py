"""“New category” in the place where categories are selected: it is added to the list and ticked, and the form stays open."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from mooring.customers.lists import EntryData, UnableToKeepList, add_entry
from mooring.customers.models import Category
from mooring.desk.access import actor_of
from mooring.ui.rendering import toast


def add_typed_category(request: HttpRequest) -> None:
    """Whoever may change the record may add one. Without a name, or for another button of the form, nothing happens."""
    name = request.POST.get("new_category", "").strip()
    if request.POST.get("more") != "new_category" or not name:
        return
    try:
        category = add_entry(kind=Category, data=EntryData(name=name), by=actor_of(request), now=timezone.now())
    except UnableToKeepList as error:
        toast(request, str(error), is_problem=True)
        return
    sent = request.POST.copy()
    sent.appendlist("categories", str(category.pk))
    request.POST = sent  # type: ignore[assignment]  # as if it had been offered and ticked
