"""What stands around every page about somebody's mail accounts: one's own below My profile, those of others below Setup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mooring.desk.access import user_of
from mooring.desk.menu import PROFILE, STAFF, tabs_for
from mooring.users.models import User


def around(request: HttpRequest, owner: User) -> dict[str, Any]:
    """Whose accounts they are, the tabs above, and the way back to the list."""
    is_own = owner == user_of(request)
    tabs = tabs_for(request, PROFILE) if is_own else tabs_for(request, STAFF, owner.pk)
    url = list_url(request, owner)
    tabs = [replace(tab, is_current=tab.url == url) for tab in tabs]
    return {"person": owner, "is_own": is_own, "tabs": tabs, "list_url": url}


def list_url(request: HttpRequest, owner: User) -> str:
    """The list of the owner's accounts, where this reader finds it."""
    return reverse("profile_email") if owner == user_of(request) else reverse("staff_email", args=[owner.pk])


def new_url(request: HttpRequest, owner: User) -> str:
    """Where this reader adds an account for the owner."""
    own = owner == user_of(request)
    return reverse("new_profile_account") if own else reverse("new_staff_account", args=[owner.pk])
