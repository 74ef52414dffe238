"""Tags: offered while one types, and two of them made one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from mooring.customers.lists import UnableToKeepList
from mooring.customers.models import Tag
from mooring.customers.tagging import merge_tags, offered_tags
from mooring.desk.access import actor_of, may_in
from mooring.desk.crm_access import list_entry_for
from mooring.desk.timeline import id_in
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

MOST = 8
LONGEST = 60


@require_safe
def offered(request: HttpRequest) -> HttpResponse:
    """Tags in use that contain what was typed."""
    tags = offered_tags(" ".join(request.GET.get("q", "")[:LONGEST].split()), most=MOST)
    return page(request, "desk/records/_offered_tags.html", {"tags": tags})


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def merge(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Whatever has this tag gets the chosen one instead."""
    tag = list_entry_for(Tag, entry_id)
    into = Tag.objects.filter(pk=id_in(request.POST.get("into", "")) or 0).first()
    try:
        if into is None:
            raise UnableToKeepList("into", _("Choose the tag that stays."))
        count = merge_tags(tag=tag, into=into, by=actor_of(request), now=timezone.now())
    except UnableToKeepList as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("crm_entry", args=["tags", tag.pk]))
    said = ngettext("“%(tag)s” is “%(into)s” on %(count)d record.", "“%(tag)s” is “%(into)s” on %(count)d records.", count)
    toast(request, said % {"tag": tag.name, "into": into.name, "count": count})
    return see_other(request, reverse("tags"))
