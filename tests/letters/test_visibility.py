"""Who reads which letters: the SQL of letters.visibility against the rule in plain Python, over made-up archives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters.making_letters import arrival, make_account, make_letter, make_team_account, raw_letter
from making import BY_COMMAND, NOW, make_customer, make_group, make_lead, make_project, make_user
from mooring.letters.linking import add_link, remove_link
from mooring.letters.models import Delivery, Letter, Link, TeamAccess
from mooring.letters.storing import store_batch
from mooring.letters.visibility import (
    accounts_read_by,
    accounts_written_by,
    few_own_positions,
    few_positions,
    may_read,
    visible_deliveries,
    visible_letters,
    visible_links,
)
from mooring.users.groups import remove_member
from mooring.users.models import Role, User
from mooring.users.scoping import Unscoped

pytestmark = pytest.mark.django_db

ROLES = (Role.ADMINISTRATOR, Role.SALES_PERSON, Role.SALES_PERSON, Role.READ_ONLY)


@dataclass(frozen=True)
class Plan:
    """A letter: (mailbox, private) of each delivery, the owner's number or TEAM_BOX, and
    (kind, owner of the record, removed) of each link."""

    deliveries: tuple[tuple[int, bool], ...]
    links: tuple[tuple[str, int | None, bool], ...]


TEAM_BOX = len(ROLES)
TEAM = (1, 3)
"""Who works in the group whose mailbox it is: a sales person, and somebody who only reads."""
owners = st.integers(0, len(ROLES) - 1)
plans = st.builds(
    Plan,
    deliveries=st.lists(st.tuples(st.integers(0, TEAM_BOX), st.booleans()), min_size=1, max_size=3).map(tuple),
    links=st.lists(
        st.tuples(st.sampled_from(("customer", "lead", "project")), st.none() | owners, st.booleans()),
        max_size=3,
        unique_by=lambda link: link[:2],
    ).map(tuple),
)


def sees_record(reader: int, owner: int | None) -> bool:
    return ROLES[reader] in (Role.ADMINISTRATOR, Role.READ_ONLY) or owner in (None, reader)


def sees(reader: int, plan: Plan) -> bool:
    if any(is_mailbox_of(reader, box) for box, _private in plan.deliveries):
        return True
    is_open = any(not private for _owner, private in plan.deliveries)
    return is_open and any(not removed and sees_record(reader, owner) for _kind, owner, removed in plan.links)


def is_mailbox_of(reader: int, box: int) -> bool:
    return box == reader or (box == TEAM_BOX and reader in TEAM)


def sees_delivery(reader: int, plan: Plan, box: int, private: bool) -> bool:
    return is_mailbox_of(reader, box) or (not private and sees(reader, plan))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(plans, min_size=1, max_size=5))
def test_sql_and_rule_agree_on_every_letter_and_every_reader(db: None, some_plans: list[Plan]) -> None:
    people = [make_user(role=role) for role in ROLES]
    accounts = [make_account(user) for user in people]
    accounts.append(make_team_account(*(people[number] for number in TEAM)))
    letters = {plan_number: built(plan, accounts, people) for plan_number, plan in enumerate(some_plans)}
    for reader, user in enumerate(people):
        readable = set(visible_letters(user).filter(pk__in=letters.values()).values_list("pk", flat=True))
        assert readable == {letters[number] for number, plan in enumerate(some_plans) if sees(reader, plan)}
        known = set(
            visible_deliveries(user).filter(letter__in=letters.values()).values_list("letter_id", "account", "is_private")
        )
        assert known == {
            (letters[number], accounts[box].pk, private)
            for number, plan in enumerate(some_plans)
            for box, private in plan.deliveries
            if sees_delivery(reader, plan, box, private)
        }


def built(plan: Plan, accounts: list[Any], people: list[User]) -> int:
    raw = raw_letter()
    batch = [arrival(accounts[owner], raw, is_private=private) for owner, private in plan.deliveries]
    letter = store_batch(arrivals=batch, now=NOW)[0].letter
    for kind, owner, removed in plan.links:
        link = add_link(letter=letter, to=record_of(kind, None if owner is None else people[owner]), by=BY_COMMAND, now=NOW)
        if removed:
            remove_link(link=link, by=BY_COMMAND, now=NOW)
    return letter.pk


def record_of(kind: str, owner: User | None) -> Any:
    if kind == "lead":
        return make_lead(owner=owner)
    customer = make_customer(owner=owner)
    return customer if kind == "customer" else make_project(customer=customer)


def test_an_administrator_does_not_read_unlinked_letters_of_others(alice: User, bob: User) -> None:
    letter = make_letter(make_account(bob))
    assert not may_read(alice, letter)
    assert may_read(bob, letter)
    add_link(letter=letter, to=make_customer(), by=BY_COMMAND, now=NOW)
    assert may_read(alice, letter)


def test_letters_of_a_removed_account_stay_with_its_owner(bob: User) -> None:
    letter = make_letter(make_account(bob, removed_at=NOW))
    assert may_read(bob, letter)


def test_who_left_reads_nothing(dave: User) -> None:
    letter = make_letter(make_account(dave), to_records=(make_customer(),))
    assert not may_read(dave, letter)
    assert not visible_deliveries(dave).exists()


def test_links_to_records_of_others_stay_unknown(alice: User, bob: User) -> None:
    own, other = make_customer(owner=bob), make_customer(owner=alice)
    letter = make_letter(make_account(bob), to_records=(own, other))
    assert {link.customer_id for link in visible_links(bob)} == {own.pk}
    assert visible_links(alice).filter(letter=letter).count() == 2
    remove_link(link=Link.objects.get(customer=own), by=BY_COMMAND, now=NOW)
    assert not visible_links(bob).exists()
    assert visible_links(bob, with_removed=True).count() == 1


def test_letters_cannot_be_read_without_saying_for_whom() -> None:
    with pytest.raises(Unscoped):
        list(Letter.objects.all())
    assert list(Delivery.objects.all()) == []


def test_readers_of_few_letters_have_them_named_and_others_not(
    alice: User, bob: User, dave: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = make_letter(make_account(bob))
    shared = make_letter(make_account(alice), to_records=(make_customer(), make_lead()))
    on_project = make_letter(make_account(alice))
    add_link(letter=on_project, to=make_project(customer=make_customer(owner=bob)), by=BY_COMMAND, now=NOW)
    make_letter(make_account(alice), to_records=(make_customer(owner=alice),))
    assert few_positions(bob) == sorted(letter.position for letter in (own, shared, on_project))
    assert few_positions(dave) == []
    assert few_positions(alice) is None
    monkeypatch.setattr("mooring.letters.visibility.MOST_FEW", 2)
    assert few_positions(bob) is None


def test_readers_of_a_team_have_its_letters_among_the_few(bob: User) -> None:
    letter = make_letter(make_team_account(bob), private=True)
    make_letter(make_team_account())
    assert few_positions(bob) == few_own_positions(bob) == [letter.position]


def test_who_is_in_several_groups_of_a_team_account_finds_its_letters_once(bob: User) -> None:
    account = make_team_account(bob)
    TeamAccess.objects.create(account=account, group=make_group(members=[bob]))
    letter = make_letter(account)
    assert list(visible_letters(bob)) == [letter]
    assert few_own_positions(bob) == [letter.position]
    assert list(accounts_read_by(bob)) == [account]


def test_reading_a_team_account_is_not_writing_from_it(alice: User, bob: User, rita: User) -> None:
    writing, reading = make_team_account(bob, rita), make_team_account(bob, may_write=False)
    own, gone = make_account(bob), make_account(bob, removed_at=NOW)
    assert set(accounts_read_by(bob)) == {writing, reading, own, gone}
    assert set(accounts_written_by(bob)) == {writing, own}
    assert list(accounts_read_by(rita)) == [writing]
    assert not accounts_written_by(rita).exists(), "somebody who only reads writes from no account"
    assert not accounts_read_by(alice).exists(), "an administrator who is not in the team"


def test_who_left_a_group_or_the_firm_reads_its_account_no_more(bob: User, dave: User) -> None:
    group = make_group(members=[bob, dave])
    letter = make_letter(make_team_account(group=group))
    assert not accounts_read_by(dave).exists()
    assert may_read(bob, letter)
    remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW)
    assert not may_read(bob, letter)


def test_being_in_a_group_below_or_above_is_not_being_in_the_group(alice: User, bob: User, rita: User) -> None:
    top = make_group(members=[bob])
    middle = make_group(parent=top)
    make_group(parent=middle, members=[rita])
    make_letter(make_team_account(group=middle))
    assert not visible_letters(bob).exists()
    assert not visible_letters(rita).exists()
