"""What stands around every page about somebody's mail accounts: one's own below My profile, those of others below Setup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from mooring.desk.access import user_of
from mooring.desk.menu import EMAIL_SETUP, PROFILE, SETUP, STAFF, tabs_for
from mooring.ui.parts import Tab
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may


def around(request: HttpRequest, owner: User | None) -> dict[str, Any]:
    """Whose accounts they are, the tabs above, and the way back to the list; without an owner a team's."""
    is_own = owner == user_of(request) or (owner is None and not _administers(request))
    if owner is None and not is_own:
        places = {"tabs": tabs_for(request, SETUP), "parts": tabs_for(request, EMAIL_SETUP)}
        return {"person": None, "is_own": False, "list_url": list_url(request, None), **_current(places, "all_accounts")}
    tabs = tabs_for(request, PROFILE) if is_own or owner is None else tabs_for(request, STAFF, owner.pk)
    url = list_url(request, owner)
    tabs = [replace(tab, is_current=tab.url == url) for tab in tabs]
    return {"person": owner, "is_own": is_own, "tabs": tabs, "list_url": url}


def list_url(request: HttpRequest, owner: User | None) -> str:
    """The list of the owner's or the teams' accounts, where this reader finds it."""
    if owner is None and _administers(request):
        return reverse("all_accounts")
    if owner is None:
        return reverse("profile_email")
    return reverse("profile_email") if owner == user_of(request) else reverse("staff_email", args=[owner.pk])


def new_url(request: HttpRequest, owner: User) -> str:
    """Where this reader adds an account for the owner."""
    own = owner == user_of(request)
    return reverse("new_profile_account") if own else reverse("new_staff_account", args=[owner.pk])


def _current(places: dict[str, list[Tab]], name: str) -> dict[str, list[Tab]]:
    """Team accounts are listed below Setup > Email > All accounts, wherever their own pages are."""
    current = {"tabs": reverse("email_settings"), "parts": reverse(name)}
    return {key: [replace(tab, is_current=tab.url == current[key]) for tab in tabs] for key, tabs in places.items()}


def _administers(request: HttpRequest) -> bool:
    return may(user_of(request), Module.SETUP, Action.CHANGE)
