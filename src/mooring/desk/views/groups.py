"""Setup > Groups: the tree of groups of staff, one group with its members, and where it stands."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, group_for, may_in, staff_for
from mooring.desk.crm_access import past_member_for, removed_group_for
from mooring.desk.forms.groups import GroupForm, MemberForm, PastMemberForm
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import GROUP, SETUP, tabs_for
from mooring.ui.rendering import page, see_other, toast
from mooring.users.groups import (
    GroupLine,
    UnableToChangeGroup,
    add_group,
    add_member,
    change_group,
    group_lines,
    members_of,
    move_group,
    remove_member,
)
from mooring.users.membership_dates import bring_back_member, date_membership, date_past_membership, past_members_of
from mooring.users.models import Group, User
from mooring.users.permissions import Action, Module
from mooring.users.removed_groups import bring_back_group, remove_group, removed_groups

MOST_FOUND = 20
MOST_PAST = 200
MOST_REMOVED = 50
"""Past members that a page shows, the last to leave first."""


@require_GET
@may_in(Module.SETUP)
def groups(request: HttpRequest) -> HttpResponse:
    """The whole tree."""
    removed = list(removed_groups(timezone.now())[:MOST_REMOVED])
    context = {"tree": _nested(group_lines()), "removed": removed, "tabs": tabs_for(request, SETUP)}
    return page(request, "desk/groups/tree.html", context)


@may_in(Module.SETUP, Action.CHANGE)
def new_group(request: HttpRequest) -> HttpResponse:
    """A new group, at the top or below the one that `?under=` names."""
    lines = group_lines()
    form = GroupForm(request.POST or None, initial={"parent": request.GET.get("under", "")}, lines=lines)
    if request.method == "POST" and form.is_valid():
        entered = form.cleaned_data
        try:
            made = add_group(
                name=entered["name"],
                description=entered["description"],
                kind=entered["kind"],
                parent=form.parent_entered(),
                by=actor_of(request),
                now=timezone.now(),
            )
        except UnableToChangeGroup as error:
            refuse(form, error.problems)
        else:
            toast(request, _("The group %(name)s was added.") % {"name": made})
            return see_other(request, reverse("group", args=[made.pk]))
    context = {"form": form, "tabs": tabs_for(request, SETUP)}
    return page(request, "desk/groups/new.html", context, status=422 if form.errors else 200)


@may_in(Module.SETUP, Action.CHANGE)
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    """One group: what it is called, what it is for, where it stands."""
    found = group_for(request, group_id)
    lines = group_lines()
    if request.method != "POST":
        return _group_page(request, found, GroupForm.of(found, lines=lines))
    form = GroupForm(request.POST, lines=lines, group=found)
    if form.is_valid():
        try:
            _save(request, found, form)
        except UnableToChangeGroup as error:
            refuse(form, error.problems)
        else:
            toast(request, _("The group %(name)s was saved.") % {"name": form.cleaned_data["name"]})
            return see_other(request, reverse("group", args=[found.pk]))
    return _group_page(request, found, form)


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def move(request: HttpRequest, group_id: int) -> HttpResponse:
    """Below `parent` and before `before`, where it was dropped; or one place up or down among the groups beside it."""
    found = group_for(request, group_id)
    try:
        if "parent" in request.POST:
            parent, before = (_group_named(request, request.POST.get(name, "")) for name in ("parent", "before"))
            move_group(group=found, parent=parent, before=before, by=actor_of(request), now=timezone.now())
        else:
            _step(request, found)
    except UnableToChangeGroup as error:
        toast(request, str(error), is_problem=True)
    return see_other(request, f"{reverse('groups')}#group-{found.pk}")


def _group_named(request: HttpRequest, text: str) -> Group | None:
    """The group with this id, none where nothing is named."""
    return group_for(request, int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _step(request: HttpRequest, found: Group) -> None:
    siblings = list(Group.objects.filter(parent=found.parent).order_by("place", "pk"))
    at = siblings.index(found) + (-1 if request.POST.get("direction") == "up" else 2)
    before = siblings[at] if 0 <= at < len(siblings) else None
    if at >= 0:
        move_group(group=found, parent=found.parent, before=before, by=actor_of(request), now=timezone.now())


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def remove(request: HttpRequest, group_id: int) -> HttpResponse:
    """Its members stay members of staff; for thirty days it can be brought back."""
    found = group_for(request, group_id)
    try:
        removed = remove_group(group=found, by=actor_of(request), now=timezone.now())
    except UnableToChangeGroup as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("group", args=[group_id]))
    undo_url = reverse("bring_back_group", args=[removed.pk])
    toast(request, _("The group %(name)s was removed.") % {"name": found}, undo_url=undo_url)
    return see_other(request, reverse("groups"))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def bring_back(request: HttpRequest, group_id: int) -> HttpResponse:
    """As if it had never been removed."""
    try:
        found = bring_back_group(removed=removed_group_for(group_id), by=actor_of(request), now=timezone.now())
    except UnableToChangeGroup as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("groups"))
    toast(request, _("The group %(name)s is back.") % {"name": found})
    return see_other(request, reverse("group", args=[found.pk]))


@may_in(Module.SETUP, Action.CHANGE)
def members(request: HttpRequest, group_id: int) -> HttpResponse:
    """Who works in it and as what, `?person=` looks for somebody to add; sent, somebody is added or gets another position."""
    found = group_for(request, group_id)
    if request.method == "POST":
        return _add_member(request, found)
    asked = request.GET.get("person", "").strip()
    context = {"members": members_of(found), "past_members": past_members_of(found)[:MOST_PAST], "today": timezone.localdate()}
    context |= {"asked": asked, "found": _staff_found(found, asked) if asked else ()}
    return page(request, "desk/groups/members.html", {**_around(request, found), **context}, fragment="found")


def _add_member(request: HttpRequest, found: Group) -> HttpResponse:
    """With `since` sent, from that day on; sent empty, from the beginning."""
    form, by, now = MemberForm(request.POST), actor_of(request), timezone.now()
    if not form.is_valid():
        said = _("This is not a date.") if "since" in form.errors else _("A position may have at most 100 characters.")
        toast(request, said, is_problem=True)
        return see_other(request, reverse("group_members", args=[found.pk]))
    user, position = staff_for(request, form.cleaned_data["user"]), form.cleaned_data["position"]
    try:
        with transaction.atomic():
            membership = add_member(group=found, user=user, position=position, by=by, now=now)
            if "since" in request.POST:
                date_membership(membership=membership, since=form.cleaned_data["since"], by=by, now=now)
    except UnableToChangeGroup as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("%(name)s works in %(group)s.") % {"name": user, "group": found})
    return see_other(request, reverse("group_members", args=[found.pk]))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def take_from_group(request: HttpRequest, group_id: int, user_id: int) -> HttpResponse:
    """Somebody does not work in it any more."""
    found, user = group_for(request, group_id), staff_for(request, user_id)
    past = remove_member(group=found, user=user, by=actor_of(request), now=timezone.now())
    undo_url = "" if past is None else reverse("bring_back_member", args=[found.pk, past.pk])
    toast(request, _("%(name)s works in %(group)s no more.") % {"name": user, "group": found}, undo_url=undo_url)
    return see_other(request, reverse("group_members", args=[found.pk]))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def date_past_member(request: HttpRequest, group_id: int, past_id: int) -> HttpResponse:
    """From when to when somebody worked in it."""
    past, form = past_member_for(group_id, past_id), PastMemberForm(request.POST)
    if not form.is_valid():
        toast(request, _("The last day is missing, or a day is not a date."), is_problem=True)
        return see_other(request, reverse("group_members", args=[group_id]))
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    try:
        date_past_membership(past=past, since=since, until=until, by=actor_of(request), now=timezone.now())
    except UnableToChangeGroup as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("Saved."))
    return see_other(request, reverse("group_members", args=[group_id]))


@require_POST
@may_in(Module.SETUP, Action.CHANGE)
def take_back(request: HttpRequest, group_id: int, past_id: int) -> HttpResponse:
    """As if the member had never been taken out."""
    past = past_member_for(group_id, past_id)
    try:
        bring_back_member(past=past, by=actor_of(request), now=timezone.now())
    except UnableToChangeGroup as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("%(name)s works in %(group)s.") % {"name": past.user, "group": past.group})
    return see_other(request, reverse("group_members", args=[group_id]))


def _save(request: HttpRequest, found: Group, form: GroupForm) -> None:
    by, now, entered, parent = actor_of(request), timezone.now(), form.cleaned_data, form.parent_entered()
    if parent != found.parent:
        move_group(group=found, parent=parent, by=by, now=now)
    change_group(group=found, name=entered["name"], description=entered["description"], kind=entered["kind"], by=by, now=now)


def _group_page(request: HttpRequest, found: Group, form: GroupForm) -> HttpResponse:
    counts = {"member_count": found.memberships.count(), "past_count": found.past_memberships.count()}
    context = {**_around(request, found), **counts, "form": form}
    return page(request, "desk/groups/group.html", context, status=422 if form.errors else 200)


def _around(request: HttpRequest, found: Group) -> dict[str, Any]:
    return {"group": found, "tabs": tabs_for(request, SETUP), "parts": tabs_for(request, GROUP, found.pk)}


def _staff_found(found: Group, asked: str) -> Any:
    """Active colleagues whose name or address holds the words and who do not work in the group yet."""
    people = User.objects.filter(is_active=True).exclude(memberships__group=found)
    for word in asked.split()[:5]:
        people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return people.order_by("name", "pk")[:MOST_FOUND]


def _nested(lines: list[GroupLine]) -> list[dict[str, Any]]:
    """The lines as branches with what is below each."""
    top: list[dict[str, Any]] = []
    path = [top]
    for line in lines:
        branch: dict[str, Any] = {"group": line.group, "member_count": line.member_count, "below": []}
        del path[line.level + 1 :]
        path[line.level].append(branch)
        path.append(branch["below"])
    return top
