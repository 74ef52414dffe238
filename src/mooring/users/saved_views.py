"""The filters, sorting and columns of a list, kept under a name: one's own and those that others share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.users.journal import Actor, record
from mooring.users.models import SavedView, User
from mooring.users.permissions import Action, Module, may

LARGEST_QUERY: Final = 10_000
"""Characters of JSON; what a list remembers is far below."""


class UnableToSaveView(Exception):
    """The view was not kept or removed; the text is fit for the user."""


def save_view(*, list_name: str, name: str, query: Mapping[str, Any], is_shared: bool, by: Actor, now: datetime) -> SavedView:
    """Keep the view under its name, in place of the user's view of that name. Raises UnableToSaveView."""
    name = " ".join(name.split())
    if by.user is None:
        raise UnableToSaveView(_("Only people who are signed in keep views."))
    if not 0 < len(name) <= 80:
        raise UnableToSaveView(_("Give the view a name of at most 80 characters."))
    if len(json.dumps(dict(query))) > LARGEST_QUERY:
        raise UnableToSaveView(_("There are too many filters to keep."))
    with transaction.atomic():
        view, _is_new = SavedView.objects.update_or_create(
            user=by.user,
            list_name=list_name,
            name=name,
            defaults={"query": dict(query), "is_shared": is_shared},
            create_defaults={"query": dict(query), "is_shared": is_shared, "created_at": now},
        )
        facts = {"list": list_name, "query": dict(query), "is_shared": is_shared}
        record(by=by, action="saved", kind="view", record_id=view.pk, name=name, changes=facts, now=now)
    return view


def remove_view(*, view: SavedView, by: Actor, now: datetime) -> None:
    """One's own, or anybody's for administrators. Raises UnableToSaveView."""
    if by.user is not None and view.user_id != by.user.pk and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToSaveView(_("Only its owner or an administrator may remove this view."))
    with transaction.atomic():
        facts = {"list": view.list_name, "query": view.query}
        record(by=by, action="removed", kind="view", record_id=view.pk, name=view.name, changes=facts, now=now)
        view.delete()


def views_of(user: User, list_name: str) -> list[SavedView]:
    """The user's own views of a list and those that active colleagues share, by name."""
    mine_or_shared = Q(user=user) | Q(is_shared=True, user__is_active=True)
    return list(SavedView.objects.filter(mine_or_shared, list_name=list_name).order_by("name", "id"))
