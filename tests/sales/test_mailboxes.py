"""Sales mailboxes: their tree, who sees which, and what may not be written on them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test.utils import CaptureQueriesContext

from making import NOW, actor, make_sales_mailbox, make_user
from mooring.sales.mailboxes import (
    MOST_LEVELS,
    UnableToChangeMailbox,
    add_mailbox,
    change_mailbox,
    data_of,
    move_mailbox,
    next_number,
)
from mooring.sales.models import Ancestry, SalesMailbox
from mooring.users.journal import entries_about
from mooring.users.models import Role, User
from mooring.users.permissions import Action


def names_seen_by(user: User, action: Action = Action.VIEW) -> list[str]:
    return list(SalesMailbox.objects.visible_to(user, action).values_list("name", flat=True))


@pytest.fixture
def tree(bob: User) -> dict[str, SalesMailbox]:
    """Nord (of nobody) has Coast (of Bob), which has Harbour (of Eve) with Quay; beside it Inland (of Eve)."""
    eve = make_user("Eve")
    nord = make_sales_mailbox("Nord")
    coast = make_sales_mailbox("Coast", parent=nord, owner=bob)
    harbour = make_sales_mailbox("Harbour", parent=coast, owner=eve)
    quay = make_sales_mailbox("Quay", parent=harbour, purpose="Tenders")
    return {box.name: box for box in (nord, coast, harbour, quay, make_sales_mailbox("Inland", parent=nord, owner=eve))}


def test_the_owner_of_a_parent_sees_every_box_below(tree: dict[str, SalesMailbox], bob: User, alice: User, rita: User) -> None:
    eve = tree["Harbour"].owner
    assert eve is not None
    assert names_seen_by(bob) == names_seen_by(bob, Action.CHANGE) == ["Coast", "Harbour", "Quay"]
    assert names_seen_by(eve) == ["Harbour", "Quay", "Inland"]
    manager = make_user("Mona", role=Role.SALES_MANAGER)
    assert names_seen_by(alice) == names_seen_by(manager, Action.RESET) == names_seen_by(rita) == list(tree)
    assert names_seen_by(rita, Action.CHANGE) == names_seen_by(bob, Action.RESET) == []


def test_a_box_moves_with_all_below_it(tree: dict[str, SalesMailbox], bob: User) -> None:
    eve = tree["Harbour"].owner
    assert eve is not None
    move_mailbox(box=tree["Harbour"], parent=tree["Inland"], by=actor(None), now=NOW)
    assert names_seen_by(bob) == ["Coast"]
    steps = set(Ancestry.objects.filter(below=tree["Quay"]).values_list("above__name", "steps"))
    assert steps == {("Quay", 0), ("Harbour", 1), ("Inland", 2), ("Nord", 3)}
    move_mailbox(box=tree["Harbour"], parent=None, by=actor(None), now=NOW)
    assert set(Ancestry.objects.filter(below=tree["Quay"]).values_list("above__name", flat=True)) == {"Quay", "Harbour"}
    (moved, *_) = entries_about(kind="sales_mailbox", record_id=tree["Harbour"].pk)
    assert moved.changes == {"parent": [str(tree["Inland"]), ""]}


def test_the_tree_has_no_circles_and_an_end(tree: dict[str, SalesMailbox]) -> None:
    for parent in (tree["Coast"], tree["Quay"]):
        with pytest.raises(UnableToChangeMailbox, match="below itself"):
            move_mailbox(box=tree["Coast"], parent=parent, by=actor(None), now=NOW)
    lowest = tree["Quay"]
    for _level in range(MOST_LEVELS - 4):
        lowest = make_sales_mailbox(parent=lowest)
    with pytest.raises(UnableToChangeMailbox, match="levels"):
        make_sales_mailbox(parent=lowest)
    with pytest.raises(UnableToChangeMailbox, match="levels"):
        move_mailbox(box=tree["Coast"], parent=tree["Inland"], by=actor(None), now=NOW)


def test_boxes_are_coupled_only_by_those_who_may_change_both_places(tree: dict[str, SalesMailbox], bob: User) -> None:
    move_mailbox(box=tree["Quay"], parent=tree["Coast"], by=actor(bob), now=NOW)
    for box, parent in ((tree["Quay"], tree["Inland"]), (tree["Quay"], None), (tree["Coast"], tree["Harbour"])):
        with pytest.raises(UnableToChangeMailbox):
            move_mailbox(box=box, parent=parent, by=actor(bob), now=NOW)
    with pytest.raises(UnableToChangeMailbox, match="at the top"):
        make_sales_mailbox("Own realm", by=actor(bob))
    assert make_sales_mailbox("Below mine", parent=tree["Harbour"], by=actor(bob)).parent == tree["Harbour"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", 0),
        ("number", 1_000_000),
        ("number", 7),
        ("name", " "),
        ("name", "x" * 101),
        ("region", "x" * 101),
        ("purpose", "x" * 201),
        ("email", "nobody"),
        ("password", "short"),
    ],
)
def test_what_cannot_stand_on_a_box_is_said_at_its_field(field: str, value: Any) -> None:
    make_sales_mailbox(number=7)
    data = data_of(SalesMailbox(number=8, name="Eight"), **{field: value})
    with pytest.raises(UnableToChangeMailbox) as refused:
        add_mailbox(data=data, by=actor(None), now=NOW)
    assert set(refused.value.problems) == {field}
    assert next_number() == 8


@pytest.mark.django_db
def test_a_password_is_hashed_and_never_told() -> None:
    box = make_sales_mailbox(password="over the bar")
    assert check_password("over the bar", box.password)
    box = change_mailbox(box=box, data=data_of(box, name="Ebb"), by=actor(None), now=NOW)
    assert check_password("over the bar", box.password)
    box = change_mailbox(box=box, data=data_of(box, password="across the bay"), by=actor(None), now=NOW)
    assert check_password("across the bay", box.password)
    assert change_mailbox(box=box, data=data_of(box, password=""), by=actor(None), now=NOW).password == ""
    told = "".join(str(entry.changes) for entry in entries_about(kind="sales_mailbox", record_id=box.pk))
    assert "password" in told
    assert "the ba" not in told


@pytest.mark.django_db
def test_nothing_is_written_where_nothing_changed() -> None:
    box = make_sales_mailbox()
    change_mailbox(box=box, data=data_of(box), by=actor(None), now=NOW)
    assert len(entries_about(kind="sales_mailbox", record_id=box.pk)) == 1


@pytest.mark.django_db
def test_moving_a_branch_takes_as_many_queries_whatever_hangs_on_it() -> None:
    counts = []
    for size in (1, 8):
        top, branch = make_sales_mailbox(), make_sales_mailbox()
        for _each in range(size):
            make_sales_mailbox(parent=branch)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            move_mailbox(box=branch, parent=top, by=actor(None), now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_a_removed_box_is_told_of() -> None:
    box = make_sales_mailbox()
    SalesMailbox.objects.unscoped("a test removes it").filter(pk=box.pk).delete()
    with pytest.raises(UnableToChangeMailbox, match="removed"):
        change_mailbox(box=box, data=data_of(box), by=actor(None), now=NOW)
