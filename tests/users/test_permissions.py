"""Roles: the table of rights, and that records answer to them."""

from __future__ import annotations

import pytest

from making import make_contact, make_customer, make_lead, make_project, make_user
from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.users.models import Role, User
from mooring.users.permissions import Action, Module, Scope, may, scope_of
from mooring.users.scoping import Unscoped

EXPECTED = {
    # module: (the roles below) for view, change, delete, export, erase, reset; n none, o own, a all
    Module.CUSTOMERS: ("aaaaaa", "aaaann", "oooonn", "aanann", "annnnn"),
    Module.LEADS: ("aaaaaa", "aaaann", "oononn", "aanann", "annnnn"),
    Module.PROJECTS: ("aaaaaa", "aaaann", "oononn", "aanann", "annnnn"),
    Module.ACCOUNTS: ("aaaaaa", "oooonn", "oooonn", "oooonn", "nnnnnn"),
    Module.SALES: ("aaaaaa", "aaaaaa", "oooonn", "annnnn", "annnnn"),
    Module.REPORTS: ("aaaaaa", "aanann", "onnonn", "annnnn", "annnnn"),
    Module.SETUP: ("aaaaaa", "nnnnnn", "nnnnnn", "nnnnnn", "nnnnnn"),
}
SCOPES = {"n": Scope.NONE, "o": Scope.OWN, "a": Scope.ALL}
ROLES = (Role.ADMINISTRATOR, Role.SALES_MANAGER, Role.SALES_PERSON, Role.OFFICE, Role.READ_ONLY)


@pytest.mark.django_db
@pytest.mark.parametrize("module", Module)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_the_rights_of_the_table(module: Module, role: Role) -> None:
    user = User(role=role)
    letters = EXPECTED[module][ROLES.index(role)]
    assert [scope_of(user, module, action) for action in Action] == [SCOPES[letter] for letter in letters]
    assert [may(user, module, action) for action in Action] == [letter != "n" for letter in letters]


@pytest.mark.django_db
@pytest.mark.parametrize("module", Module)
def test_who_may_not_sign_in_or_has_an_unknown_role_may_nothing(module: Module) -> None:
    left, strange = User(role=Role.ADMINISTRATOR, is_active=False), User(role="emperor")
    assert not any(may(user, module, action) for user in (left, strange) for action in Action)


def test_scopes_grow() -> None:
    assert Scope.NONE < Scope.OWN < Scope.GROUP < Scope.GROUP_AND_BELOW < Scope.ALL


def test_records_are_seen_within_the_scope_of_their_roots(alice: User, bob: User, rita: User, dave: User) -> None:
    eve = make_user("Eve")
    records: dict[type, list[str]] = {}
    for owner in (bob, eve, None):
        customer, lead = make_customer(f"C {owner}", owner=owner), make_lead(f"L {owner}", owner=owner)
        made = (customer, lead, make_contact(f"at C {owner}", at=(customer,)), make_contact(f"at L {owner}", at=(lead,)))
        for record in (*made, make_project(f"P {owner}", customer=customer)):
            records.setdefault(type(record), []).append(record.name)
    for model, names in records.items():
        seen = {user: set(model.objects.visible_to(user).values_list("name", flat=True)) for user in (alice, bob, rita, dave)}  # type: ignore[attr-defined]
        assert seen[alice] == seen[rita] == set(names)
        assert seen[bob] == {name for name in names if "Eve" not in name}
        assert seen[dave] == set()
        assert set(model.objects.visible_to(rita, Action.CHANGE)) == set()  # type: ignore[attr-defined]
        assert set(model.objects.visible_to(rita, Action.DELETE)) == set()  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [Customer, Lead, Contact, Project])
def test_a_query_that_forgot_its_reader_is_an_error(db: None, model: type[Customer]) -> None:
    make_project()
    rows = model.objects.all()
    for run in (
        lambda: list(rows),
        lambda: rows.filter(pk=1).first(),
        rows.count,
        rows.exists,
        lambda: rows.aggregate(),
        lambda: list(rows.iterator()),
        lambda: rows.update(name="x"),
        rows.delete,
    ):
        with pytest.raises(Unscoped):
            run()
    with pytest.raises(ValueError, match="why"):
        rows.unscoped("")
    everything = rows.unscoped("a test looks at everything")
    assert everything.exists() == bool(everything.count())
    assert list(everything.iterator()) == list(everything)
    assert everything.aggregate() == {}
    assert everything.update(name="renamed") == len(everything)
