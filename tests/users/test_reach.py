"""Whose records a scope reaches: the SQL of every module equals a plain computation over random groups, days and rights."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

import making
from letters.making_letters import make_account, make_letter
from mooring.activities.models import Activity
from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.customers.queries import contacts_page, customers_page, leads_page, projects_page
from mooring.customers.why_seen import why_seen
from mooring.letters.models import Letter, MailAccount
from mooring.letters.visibility import visible_letters, visible_links
from mooring.reports.activity import people_counted
from mooring.sales.models import Opportunity, SalesMailbox
from mooring.users.models import Group, Membership, PastMembership, Role, RoleRights, User
from mooring.users.permissions import CHANGEABLE, Action, Module, Scope
from mooring.users.reach import is_owned_within, owners_within, reach_in

pytestmark = pytest.mark.django_db

_SCOPES = list(Scope)


class Company:
    """Random people in random groups with random rights, and records of each of them and of nobody."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.people = [making.make_user(is_active=number != 0) for number in range(6)]
        self.parents: dict[int, int | None] = {}
        for number in range(5):
            parent = chance.choice([None, *self.parents])
            group = Group.objects.create(name=f"G{number}", parent_id=parent)
            self.parents[group.pk] = parent
        self.members: set[tuple[int, int]] = set()
        for _time in range(7):
            self._join(chance.choice(list(self.parents)), chance.choice(self.people))
        self.rights = {module: self._rights(actions) for module, actions in CHANGEABLE.items()}
        words = {str(module): {str(a): s.name.lower() for a, s in row.items()} for module, row in self.rights.items()}
        RoleRights.objects.create(role=Role.SALES_PERSON, scopes=words)
        self._records()

    def _join(self, group_id: int, user: User) -> None:
        """Now, or once: only now counts."""
        day = making.NOW.date() - timedelta(days=self.chance.randrange(1, 99))
        if self.chance.random() < 0.3:
            PastMembership.objects.create(group_id=group_id, user=user, since_on=None, until_on=day)
        elif (group_id, user.pk) not in self.members:
            Membership.objects.create(group_id=group_id, user=user, since_on=self.chance.choice([None, day]))
            self.members.add((group_id, user.pk))

    def _rights(self, actions: tuple[Action, ...]) -> dict[Action, Scope]:
        view = self.chance.choice(_SCOPES)
        return {action: view if action is Action.VIEW else min(view, self.chance.choice(_SCOPES)) for action in actions}

    def _records(self) -> None:
        by_nobody_knows = make_account(making.make_user("Archive"))
        self.boxes: list[SalesMailbox] = []
        for owner in [*self.people, None]:
            customer, lead = making.make_customer(owner=owner), making.make_lead(owner=owner)
            making.make_project(customer=customer)
            making.make_contact(at=(self.chance.choice((customer, lead)),))
            make_letter(by_nobody_knows, to_records=(self.chance.choice((customer, lead)),))
        for owner in [*self.chance.sample(self.people, 3), None]:
            self.boxes.append(making.make_sales_mailbox(owner=owner, parent=self.chance.choice([None, *self.boxes])))
            sale = self.chance.choice(self.people)
            whom = self.chance.choice(list(Customer.objects.unscoped("a test looks at everything")))
            making.make_opportunity(pipeline=making.make_pipeline(mailbox=self.boxes[-1]), whom=whom, owner=sale)
        for owner in self.people:
            make_account(owner)

    # The plain computation

    def _above(self, group_id: int) -> set[int]:
        parent = self.parents[group_id]
        return set() if parent is None else {parent} | self._above(parent)

    def reaches(self, user: User, scope: Scope, owner_id: int | None, *, free: bool = True) -> bool:
        """`free`: what nobody owns is within every scope but NONE."""
        if not user.is_active or scope is Scope.NONE:
            return False
        if scope is Scope.ALL:
            return True
        if owner_id is None:
            return free
        mine = {group for group, member in self.members if member == user.pk}
        theirs = {group for group, member in self.members if member == owner_id}
        in_mine = scope >= Scope.GROUP and mine & theirs
        below = scope is Scope.GROUP_AND_BELOW and any(mine & self._above(group) for group in theirs)
        return owner_id == user.pk or bool(in_mine) or bool(below)

    def sees(self, user: User, record: Any, action: Action = Action.VIEW) -> bool:
        scope = {module: row.get(action, Scope.NONE) for module, row in self.rights.items()}
        if isinstance(record, Customer):
            return self.reaches(user, scope[Module.CUSTOMERS], record.owner_id)
        if isinstance(record, Lead):
            return self.reaches(user, scope[Module.LEADS], record.owner_id)
        if isinstance(record, Project):
            is_seen = self.sees(user, record.customer)
            return is_seen and self.reaches(user, scope[Module.PROJECTS], record.customer.owner_id)
        if isinstance(record, Contact):
            return any(self.sees(user, place.customer or place.lead, action) for place in record.affiliations.all())
        if isinstance(record, MailAccount):
            return self.reaches(user, scope[Module.ACCOUNTS], record.owner_id, free=False)
        if isinstance(record, SalesMailbox):
            return self._sees_box(user, scope[Module.SALES], record)
        return self._sees_sale(user, scope[Module.SALES], record, action)

    def _sees_box(self, user: User, scope: Scope, box: SalesMailbox | None) -> bool:
        if box is None:
            return False
        return self.reaches(user, scope, box.owner_id, free=False) or self._sees_box(user, scope, box.parent)

    def _sees_sale(self, user: User, scope: Scope, sale: Opportunity, action: Action) -> bool:
        if scope is Scope.NONE or not user.is_active:
            return False
        is_within = self._sees_box(user, scope, sale.pipeline.mailbox) or self.reaches(user, scope, sale.owner_id, free=False)
        return is_within or (action is Action.VIEW and self.sees(user, sale.with_whom))


def everything(model: Any) -> list[Any]:
    return list(model.objects.unscoped("a test looks at everything"))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_seen_is_what_a_plain_computation_says(seed: int) -> None:
    company = Company(Random(seed))  # chance for a test
    kinds = {model: everything(model) for model in (Customer, Lead, Contact, Project, MailAccount, SalesMailbox, Opportunity)}
    for reader in User.objects.filter(pk__in=[user.pk for user in company.people]):
        for model, records in kinds.items():
            for action in (Action.VIEW, Action.CHANGE):
                seen = set(model.objects.visible_to(reader, action).values_list("pk", flat=True))
                assert seen == {each.pk for each in records if company.sees(reader, each, action)}, (model, action)
        _pages_and_reasons_agree(company, reader, kinds)
        _letters_follow(company, reader)
        counted = {user.pk for user in people_counted(reader)}
        reports = max(company.rights[Module.REPORTS][Action.VIEW], Scope.OWN)
        assert counted == {u.pk for u in User.objects.filter(is_active=True) if company.reaches(reader, reports, u.pk)}


def _pages_and_reasons_agree(company: Company, reader: User, kinds: dict[Any, list[Any]]) -> None:
    pages = {Customer: customers_page, Lead: leads_page, Contact: contacts_page, Project: projects_page}
    for model, page in pages.items():
        wanted = {each.pk for each in kinds[model] if company.sees(reader, each)}
        found = [row.pk for row in page(reader=reader).rows]  # type: ignore[operator]  # one of four functions
        assert (set(found), len(found)) == (wanted, len(wanted)), model
        assert {each.pk for each in kinds[model] if why_seen(record=each, reader=reader)} == wanted, model
    for module, model in ((Module.CUSTOMERS, Customer), (Module.LEADS, Lead)):
        for each in kinds[model]:
            assert is_owned_within(each.owner_id, reader, module, Action.VIEW) == company.sees(reader, each)


def _letters_follow(company: Company, reader: User) -> None:
    """A letter in a stranger's mailbox is seen with a record that it is linked to."""
    seen = set(visible_letters(reader).values_list("pk", flat=True))
    wanted = {
        letter.pk
        for letter in everything(Letter)
        if any(company.sees(reader, link.customer or link.lead) for link in letter.links.all())
    }
    assert seen == wanted
    assert set(visible_links(reader).values_list("letter", flat=True)) == (wanted if reader.is_active else set())


def test_activities_of_the_records_of_the_group_are_seen(alice: User, bob: User) -> None:
    eve = making.make_user("Eve")
    making.make_group("Sailors", members=[bob, eve])
    customer = making.make_customer(owner=bob)
    plan = Activity.objects.create(title="Call", owner=alice, customer=customer, created_at=making.NOW, changed_at=making.NOW)
    assert not Activity.objects.visible_to(eve).filter(pk=plan.pk).exists()
    RoleRights.objects.create(role=Role.SALES_PERSON, scopes={"customers": {"view": "group"}})
    eve.refresh_from_db()
    assert Activity.objects.visible_to(eve).filter(pk=plan.pk).exists()


def test_a_reader_of_many_peoples_records_is_led_to_them_all(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [making.make_user() for _number in range(22)]
    making.make_group("Sailors", members=[bob, *people])
    RoleRights.objects.create(role=Role.SALES_PERSON, scopes={name: {"view": "group"} for name in ("customers", "leads")})
    reader = User.objects.get(pk=bob.pk)
    stranger = making.make_user()
    wanted = {making.make_customer(owner=owner).pk for owner in (bob, people[-1], None)}
    leads = {making.make_lead(owner=owner).pk for owner in (bob, people[0], None)}
    making.make_customer(owner=stranger)
    for most in (5_000, 1):
        monkeypatch.setattr("mooring.customers.queries.FEW", most)
        assert {row.pk for row in customers_page(reader=reader).rows} == wanted
        assert {row.pk for row in leads_page(reader=reader).rows} == leads


def test_groups_are_read_once_for_a_user(bob: User, django_assert_num_queries: Any) -> None:
    making.make_group("Sailors", members=[bob])
    with django_assert_num_queries(0):
        assert owners_within(bob, Scope.OWN) == (bob.pk,)
        assert owners_within(bob, Scope.NONE) == ()
    with django_assert_num_queries(1):
        assert owners_within(bob, Scope.GROUP) == owners_within(bob, Scope.GROUP_AND_BELOW) == (bob.pk,)
    with pytest.raises(ValueError, match="everybody"):
        owners_within(bob, Scope.ALL)


def test_a_circle_of_groups_ends() -> None:
    reach = reach_in([(1, 2, "A", 7), (2, 1, "B", 8), (3, None, "C", 9)], 7)
    assert (dict(reach.group), dict(reach.below)) == ({}, {8: "A"})


def test_the_reason_names_the_group(alice: User, bob: User) -> None:
    top = making.make_group("Fleet", members=[bob])
    making.make_group("Sailors", members=[alice], parent=top)
    record = making.make_customer("Harbour", owner=alice)
    RoleRights.objects.create(role=Role.SALES_PERSON, scopes={"customers": {"view": "group_and_below"}})
    said = why_seen(record=record, reader=User.objects.get(pk=bob.pk))
    assert said == "Alice, who owns “Harbour”, works in a group below “Fleet”, in which Bob works."
    making.make_group("Both", members=[alice, bob])
    said = why_seen(record=record, reader=User.objects.get(pk=bob.pk))
    assert said == "Alice, who owns “Harbour”, works in the group “Both”, as Bob does."
