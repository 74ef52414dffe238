"""What the words of names find of boxes, pipelines and opportunities, and what they do not find for whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from making import (
    BY_COMMAND,
    NOW,
    give_rights,
    make_customer,
    make_lead,
    make_opportunity,
    make_pipeline,
    make_sales_mailbox,
    make_user,
)
from mooring.customers.word_search import found_by
from mooring.sales import finding
from mooring.sales.finding import KINDS, FoundSale
from mooring.sales.mailboxes import change_mailbox, data_of
from mooring.sales.models import MailboxWord, Opportunity, OpportunityWord, Pipeline, PipelineWord, SalesMailbox
from mooring.sales.opportunities import remove_opportunity
from mooring.sales.pipelines import PipelineData, change_pipeline
from mooring.sales.resetting import reset_mailboxes, resets_to_undo, undo_resets
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

pytestmark = pytest.mark.django_db


def find(reader: User, *, text: str, **more: Any) -> list[FoundSale]:
    return finding.find_sales(reader=reader, found=found_by(KINDS, text), **more)


def names(found: list[FoundSale]) -> list[str]:
    return [each.name for each in found]


@pytest.fixture
def north(bob: User) -> SalesMailbox:
    """Bob's, below a box of the company, with a pipeline and a sale with a customer of nobody's concern."""
    top = make_sales_mailbox("Company", number=1, owner=make_user("Boss"))
    return make_sales_mailbox("Łódź North", number=17, owner=bob, parent=top)


def sale_in(box: SalesMailbox, title: str = "Mooring lines", **more: Any) -> Opportunity:
    more.setdefault("whom", make_customer("Elsewhere", owner=box.owner))
    return make_opportunity(title, pipeline=make_pipeline("Rope deals", mailbox=box), **more)


def test_beginnings_of_words_find_each_kind_and_where_it_lies(bob: User, alice: User, north: SalesMailbox) -> None:
    sale_in(north)
    assert names(find(bob, text="lodz")) == ["Łódź North"]
    assert names(find(bob, text="17")) == ["Łódź North"]
    assert names(find(bob, text="deal rop")) == ["Rope deals"]
    found = find(bob, text="LINE moor")
    assert names(found) == ["Mooring lines"]
    assert (found[0].whom, found[0].pipeline, found[0].path) == ("Elsewhere", "Rope deals", ("17 Łódź North",))
    assert find(alice, text="line")[0].path == ("1 Company", "17 Łódź North")


def test_the_middle_of_a_word_and_nothing_find_nothing(alice: User, north: SalesMailbox) -> None:
    sale_in(north)
    assert [names(find(alice, text=text)) for text in ("ooring", "", "-", "line zzz")] == [[], [], [], []]


def test_nobody_is_told_of_what_is_not_open_to_them(north: SalesMailbox) -> None:
    sale_in(north)
    stranger = make_user("Stranger")
    assert [names(find(stranger, text=text)) for text in ("north", "rope", "lines")] == [[], [], []]
    opened = find(stranger, text="north", opened=(north.pk,))
    assert [(each.name, each.path) for each in opened] == [("Łódź North", ("17 Łódź North",))]


def test_whoever_sees_the_customer_alone_learns_nothing_of_the_box(north: SalesMailbox) -> None:
    keeper = make_user("Keeper")
    sale_in(north, whom=make_customer("Harbour", owner=keeper))
    found = find(keeper, text="lines")
    assert [(each.name, each.path) for each in found] == [("Mooring lines", ())]


def test_what_gets_another_name_is_found_by_that(alice: User, north: SalesMailbox) -> None:
    sale = sale_in(north)
    change_mailbox(box=north, data=data_of(north, name="South"), by=BY_COMMAND, now=NOW)
    change_pipeline(pipeline=sale.pipeline, data=PipelineData(name="Chains"), by=BY_COMMAND, now=NOW)
    assert [names(find(alice, text=text)) for text in ("north", "rope", "south", "chains")] == [
        [],
        [],
        ["South"],
        ["Chains"],
    ]


def test_what_was_removed_or_reset_is_found_again_only_once_it_is_back(alice: User, north: SalesMailbox) -> None:
    sale = sale_in(north)
    other = make_opportunity("Mooring rings", pipeline=sale.pipeline)
    remove_opportunity(opportunity=other, by=BY_COMMAND, now=NOW)
    assert names(find(alice, text="mooring")) == ["Mooring lines"]
    reset_mailboxes(boxes=[north], by=BY_COMMAND, now=NOW)
    assert [names(find(alice, text=text)) for text in ("mooring", "lodz", "rope")] == [[], [], []]
    undo_resets(resets=resets_to_undo(alice, now=NOW), by=BY_COMMAND, now=NOW)
    assert names(find(alice, text="lodz")) == ["Łódź North"]
    assert names(find(alice, text="mooring")) == ["Mooring lines"]


def test_every_kind_has_its_share(alice: User) -> None:
    for at in range(4):
        box = make_sales_mailbox(f"Rope {at}")
        make_opportunity(f"Rope {at}", pipeline=make_pipeline(f"Rope {at}", mailbox=box))
    found = find(alice, text="rope", limit=7)
    assert [each.model for each in found] == [SalesMailbox] * 3 + [Pipeline] * 2 + [Opportunity] * 2
    assert names(found) == ["Rope 0", "Rope 1", "Rope 2", "Rope 0", "Rope 1", "Rope 3", "Rope 2"]


@pytest.mark.parametrize("few", [0, 3, 8_000])
def test_common_words_find_the_same_in_every_way(
    few: int, bob: User, alice: User, north: SalesMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mooring.customers.word_search.FEW", 0)
    monkeypatch.setattr(finding, "FEW", few)
    pipeline = sale_in(north, "Lines 0").pipeline
    for at in range(1, 4):
        make_opportunity(f"Lines {at}", pipeline=pipeline)
    far = make_pipeline(mailbox=make_sales_mailbox("Far", owner=alice))
    make_opportunity("Lines of others", pipeline=far, whom=make_customer("Far", owner=alice))
    mine = ["Lines 3", "Lines 2", "Lines 1", "Lines 0"]
    assert names(find(bob, text="lines")) == mine
    assert names(find(alice, text="lines")) == ["Lines of others", *mine]


@pytest.fixture
def all_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word is common, and nobody sees few sales; two of the newest are walked."""
    monkeypatch.setattr("mooring.customers.word_search.FEW", 0)
    monkeypatch.setattr("mooring.customers.seen_roots.FEW", 0)
    monkeypatch.setattr(finding, "FEW", 0)
    monkeypatch.setattr(finding, "WALKED", 2)


@pytest.mark.usefixtures("all_are_many")
def test_of_common_words_the_newest_are_walked_where_they_are_enough(alice: User, django_assert_num_queries: Any) -> None:
    pipeline = make_pipeline()
    for at in range(4):
        make_opportunity(f"Lines {at}", pipeline=pipeline)
    found = found_by(KINDS, "lines")
    with django_assert_num_queries(2):
        assert names(finding.find_sales(reader=alice, found=found, limit=2)) == ["Lines 3", "Lines 2"]
    with django_assert_num_queries(3):
        assert names(finding.find_sales(reader=alice, found=found, limit=3)) == ["Lines 3", "Lines 2", "Lines 1"]


@pytest.mark.usefixtures("all_are_many")
def test_common_words_of_old_sales_alone_find_them(alice: User, bob: User, north: SalesMailbox) -> None:
    pipeline = sale_in(north, "Mooring lines 0").pipeline
    make_opportunity("Mooring lines 1", pipeline=pipeline)
    make_opportunity("Mooring", pipeline=pipeline)
    far = make_pipeline("Far", mailbox=make_sales_mailbox("Far", owner=alice))
    make_opportunity("Mooring lines of others", pipeline=far, whom=make_customer("Far", owner=alice))
    for at in range(3):
        make_opportunity(f"Newer {at}", pipeline=pipeline)
    old = ["Mooring lines 1", "Mooring lines 0"]
    assert names(find(alice, text="lines")) == ["Mooring lines of others", *old]
    assert names(find(bob, text="lines")) == old
    assert names(find(bob, text="lines mooring")) == old
    assert names(find(bob, text="lines", limit=1)) == old[:1]
    assert names(find(bob, text="lines newer")) == []


def test_sales_that_are_seen_for_several_reasons_count_once(
    bob: User, north: SalesMailbox, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("mooring.customers.word_search.FEW", 0)
    monkeypatch.setattr(finding, "FEW", 2)
    pipeline = sale_in(north, "Lines 0", owner=bob).pipeline
    make_opportunity("Lines 1", pipeline=pipeline, whom=make_customer("Harbour", owner=bob), owner=bob)
    monkeypatch.setattr(finding, "WALKED", 0)
    found = found_by(KINDS, "lines")
    assert scope_of(bob, Module.SALES, Action.VIEW)
    with django_assert_num_queries(4):  # how much they see, which, what, and where: nothing is walked first
        assert names(finding.find_sales(reader=bob, found=found)) == ["Lines 1", "Lines 0"]


@pytest.mark.parametrize("is_for_a_lead", [False, True])
def test_records_of_nobody_that_are_many_are_not_gathered(
    is_for_a_lead: bool, bob: User, north: SalesMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mooring.customers.word_search.FEW", 0)
    monkeypatch.setattr("mooring.customers.seen_roots.FEW", 2)
    monkeypatch.setattr(finding, "FEW", 2)
    for at in range(3):
        make_lead(f"Nobody's {at}")
    whom = make_lead("Of nobody") if is_for_a_lead else make_customer("Of nobody")
    sale_in(make_sales_mailbox("Far", owner=make_user("Chief")), "Lines of nobody", whom=whom)
    sale_in(north, "Lines")
    with CaptureQueriesContext(connection) as queries:
        assert names(find(bob, text="lines")) == ["Lines", "Lines of nobody"]
    (gathering,) = [query["sql"] for query in queries.captured_queries if " AS part UNION ALL " in query["sql"]]
    assert "customers_customer" in gathering
    assert "customers_lead" not in gathering


def test_finding_asks_three_times(bob: User, north: SalesMailbox, django_assert_num_queries: Any) -> None:
    sale_in(north, "North rope")
    make_pipeline("North", mailbox=north)
    assert scope_of(bob, Module.SALES, Action.VIEW)
    with django_assert_num_queries(3):
        assert len(names(find(bob, text="north"))) == 3


def test_groups_ask_once_more(bob: User, north: SalesMailbox, django_assert_num_queries: Any) -> None:
    sale_in(north, "North rope")
    give_rights(role=bob.role, sales_view=Scope.GROUP)
    reader = User.objects.get(pk=bob.pk)
    assert scope_of(reader, Module.SALES, Action.VIEW) is Scope.GROUP
    found = found_by(KINDS, "north")
    with django_assert_num_queries(3):
        assert len(names(finding.find_sales(reader=reader, found=found))) == 2


def test_whose_role_opens_no_sales_asks_nothing(django_assert_num_queries: Any) -> None:
    clerk = make_user("Clerk", role="office")
    give_rights(role=clerk.role, sales_view=Scope.NONE)
    assert not scope_of(clerk, Module.SALES, Action.VIEW)
    found = found_by(KINDS, "north")
    with django_assert_num_queries(0):
        assert finding.find_sales(reader=clerk, found=found) == []


def test_what_goes_for_good_takes_its_words_along(north: SalesMailbox) -> None:
    sale_in(north)
    reset_mailboxes(boxes=[north], by=BY_COMMAND, now=NOW, destroy_now=True)
    assert not OpportunityWord.objects.exists()
    assert not PipelineWord.objects.exists()
    assert set(MailboxWord.objects.filter(record=north).values_list("word", flat=True)) == {"17", "sales", "mailbox"}
