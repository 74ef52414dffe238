"""Colleagues who are offered while a name is typed behind an @."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mooring.ui.rendering import page
from mooring.users.models import User

MOST = 8
LONGEST = 60


@require_safe
def mentionable(request: HttpRequest) -> HttpResponse:
    """Active people by a part of their name or the beginning of their address. Who shares a name is offered by address."""
    text = " ".join(request.GET.get("q", "")[:LONGEST].split())
    active = User.objects.filter(is_active=True)
    people = list(active.filter(Q(name__icontains=text) | Q(email__istartswith=text)).order_by("name", "id")[:MOST])
    names = [user.name for user in active.filter(name__in={user.name for user in people})]
    options = [(user, user.name if names.count(user.name) == 1 else user.email) for user in people]
    return page(request, "desk/activities/_mentionable.html", {"options": options})
