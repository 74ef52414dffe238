"""Views of lists: kept under a name, shared if wanted, removed by their owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from making import BY_COMMAND, actor
from mooring.users.journal import Actor, entries_about
from mooring.users.models import SavedView, User
from mooring.users.saved_views import UnableToSaveView, remove_view, save_view, views_of


def save(by: Actor, now: datetime, **fields: Any) -> SavedView:
    wanted = {"list_name": "customers", "name": "Mine", "query": {"owner": "me"}, "is_shared": False, **fields}
    return save_view(**wanted, by=by, now=now)


def test_views_are_kept_per_list_and_name(bob: User, now: datetime) -> None:
    first = save(actor(bob), now, name=" My   view ")
    again = save(actor(bob), now, name="My view", query={"sort": "-created"})
    save(actor(bob), now, list_name="leads")
    assert first == again
    (view,) = views_of(bob, "customers")
    assert (view.name, view.query, str(view)) == ("My view", {"sort": "-created"}, "My view")
    assert [entry.action for entry in entries_about(kind="view", record_id=view.pk)] == ["saved", "saved"]


def test_colleagues_see_shared_views_of_those_who_are_still_here(alice: User, bob: User, dave: User, now: datetime) -> None:
    save(actor(alice), now, name="Shared", is_shared=True)
    save(actor(alice), now, name="Private")
    save(actor(dave), now, name="Old", is_shared=True)
    assert [view.name for view in views_of(bob, "customers")] == ["Shared"]


@pytest.mark.parametrize("fields", [{"name": " "}, {"name": "x" * 81}, {"query": {"text": "x" * 20_000}}])
def test_views_that_make_no_sense_are_refused(bob: User, now: datetime, fields: dict[str, Any]) -> None:
    with pytest.raises(UnableToSaveView):
        save(actor(bob), now, **fields)


def test_commands_keep_no_views(db: None, now: datetime) -> None:
    with pytest.raises(UnableToSaveView):
        save(BY_COMMAND, now)


def test_views_are_removed_by_their_owner_or_an_administrator(alice: User, bob: User, rita: User, now: datetime) -> None:
    for by in (bob, alice):
        view = save(actor(bob), now, is_shared=True)
        with pytest.raises(UnableToSaveView):
            remove_view(view=view, by=actor(rita), now=now)
        remove_view(view=view, by=actor(by), now=now)
        assert views_of(bob, "customers") == []
