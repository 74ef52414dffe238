"""Many records changed at once: each with its line, by the worker where they are many, and each given back what it had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import making
from mooring.customers import bulk_editing, bulk_jobs
from mooring.customers.bulk_editing import (
    UnableToChangeMany,
    Wish,
    change_found,
    change_many,
    forget_old_changes,
    left_alone,
    outlook,
    recent_changes,
    undo_change,
)
from mooring.customers.bulk_jobs import carry_on_changes, retry_change, stop_change
from mooring.customers.editing import change_customer
from mooring.customers.facts import customer_data
from mooring.customers.info_values import InfoFilter
from mooring.customers.models import (
    BulkChange,
    BulkField,
    BulkKind,
    BulkState,
    Category,
    Contact,
    Customer,
    CustomerStatus,
    Lead,
    Project,
    Source,
    Tag,
)
from mooring.customers.queries import CustomerFilters, customers_page
from mooring.customers.tagging import merge_tags, typed
from mooring.users.journal import Actor, entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"by": making.BY_COMMAND, "now": making.NOW}


def everybody(model: Any = Customer) -> Any:
    return model.objects.unscoped("a test").order_by("pk")


def changed(field: BulkField, value: Any, **wish: Any) -> BulkChange:
    """All records of the kind, given this."""
    model = {BulkKind.LEAD: Lead, BulkKind.CONTACT: Contact, BulkKind.PROJECT: Project}.get(wish.get("kind"), Customer)
    return change_many(record_ids=everybody(model).values_list("pk", flat=True), wish=Wish(field, value, **wish), **BY)


def begun(field: BulkField, value: Any, by: Actor) -> BulkChange:
    """A job of the worker for all customers, who has found them and changed none yet."""
    change = change_found(filters=CustomerFilters(), wish=Wish(field, value), by=by, now=making.NOW)
    assert carry_on_changes(now=making.NOW) == everybody().count()
    change.refresh_from_db()
    return change


def states(change: BulkChange) -> list[str]:
    return list(change.rows.values_list("state", flat=True))


def test_many_get_a_status_and_get_back_what_they_had_unless_changed_since(alice: User) -> None:
    active, dormant, merged = (making.make_entry(CustomerStatus, name) for name in ("Active", "Dormant", "Merged"))
    making.make_customer("A", status=active)
    making.make_customer("B")
    making.make_customer("C", status=dormant)
    last = making.make_customer("D", status=active)
    change = changed(BulkField.STATUS, dormant.pk)
    assert [row.status for row in everybody()] == [dormant] * 4
    assert (change.changed_count, states(change)) == (3, ["changed", "changed", "same", "changed"])
    (line, *_) = entries_about(kind="customer", record_id=last.pk)
    assert line.changes == {"status": ["Active", "Dormant"]}
    stored = everybody().get(pk=last.pk)
    change_customer(customer=stored, data=making.replaced(customer_data(stored), status=merged), **BY)
    verdicts = outlook(change=change, rows=list(change.rows.all()), reader=alice)
    assert [verdicts.get(row.pk) for row in everybody()] == ["given_back", "given_back", None, "overwritten"]
    assert undo_change(change=change, **BY).given_back_count == 2
    assert [row.status for row in everybody()] == [active, None, dormant, merged]
    assert states(change) == ["given_back", "given_back", "same", "overwritten"]
    with pytest.raises(UnableToChangeMany, match="undone already"):
        undo_change(change=change, **BY)


def test_many_get_a_category_and_lose_it_again() -> None:
    key, fair = (making.make_entry(Category, name) for name in ("Key", "Fair"))
    first, second = making.make_customer("A", categories=(key,)), making.make_customer("B", categories=(fair,))
    added = changed(BulkField.CATEGORY_ADDED, key.pk)
    assert [set(row.categories.all()) for row in everybody()] == [{key}, {key, fair}]
    (line, *_) = entries_about(kind="customer", record_id=second.pk)
    assert line.changes == {"categories": [["Fair"], ["Key", "Fair"]]}
    removed = changed(BulkField.CATEGORY_REMOVED, key.pk)
    assert [set(row.categories.all()) for row in everybody()] == [set(), {fair}]
    assert undo_change(change=removed, **BY).given_back_count == 2
    assert undo_change(change=added, **BY).given_back_count == 1
    assert [set(row.categories.all()) for row in everybody()] == [{key}, {fair}]
    assert entries_about(kind="customer", record_id=first.pk)[0].action == "changed"


def test_many_get_additional_information_by_which_they_are_found_and_lose_it_again(alice: User) -> None:
    field = making.make_info_field("Origin", "choices", choices=("Web", "Fair"))
    key = str(field.pk)
    making.make_customer("A", info={key: [2]})
    second = making.make_customer("B")

    def found(choice: int) -> list[str]:
        filters = CustomerFilters(info=(InfoFilter(field.pk, str(choice), str(choice)),))
        return [row.name for row in customers_page(reader=alice, filters=filters).rows]

    change = changed(BulkField.INFO, [1, 2], info_field=field)
    assert [row.info for row in everybody()] == [{key: [1, 2]}] * 2
    assert (found(1), found(2)) == (["A", "B"], ["A", "B"])
    assert entries_about(kind="customer", record_id=second.pk)[0].changes == {"info: Origin": [None, ["Web", "Fair"]]}
    undo_change(change=change, **BY)
    assert [row.info for row in everybody()] == [{key: [2]}, {}]
    assert (found(1), found(2)) == ([], ["A"])
    changed(BulkField.INFO, None, info_field=field)
    assert [row.info for row in everybody()] == [{}, {}]


def test_leads_contacts_and_projects_are_changed_in_the_same_way(bob: User) -> None:
    tag, fair = making.make_entry(Tag, "Big"), making.make_entry(Source, "Fair")
    lead, contact, project = making.make_lead("L"), making.make_contact("C"), making.make_project("P")
    for kind in (BulkKind.LEAD, BulkKind.CONTACT, BulkKind.PROJECT):
        changed(BulkField.TAG_ADDED, tag.pk, kind=kind)
    assert [list(row.tags.all()) for row in (lead, contact, project)] == [[tag]] * 3
    changed(BulkField.SOURCE, fair.pk, kind=BulkKind.LEAD)
    owned = changed(BulkField.OWNER, bob.pk, kind=BulkKind.LEAD)
    assert [(row.source, row.owner) for row in everybody(Lead)] == [(fair, bob)]
    assert entries_about(kind="lead", record_id=lead.pk)[0].changes == {"owner": [None, "Bob"]}
    undo_change(change=owned, **BY)
    assert everybody(Lead).get().owner is None


def test_what_makes_no_sense_or_changes_nobody_is_refused() -> None:
    status = making.make_entry(CustomerStatus, "Active")
    number = making.make_info_field("Employees", "number", is_required=True)
    making.make_customer("A", status=status)
    making.make_lead("L")
    wishes = [
        Wish(BulkField.STATUS, status.pk),
        Wish(BulkField.STATUS, status.pk + 1),
        Wish(BulkField.TAG_ADDED, None),
        Wish(BulkField.INFO, "1"),
        Wish(BulkField.INFO, None, number),
        Wish(BulkField.STATUS, status.pk, kind=BulkKind.LEAD),
    ]
    for wish in wishes:
        with pytest.raises(UnableToChangeMany):
            change_many(record_ids=everybody().values_list("pk", flat=True), wish=wish, **BY)
    assert not BulkChange.objects.exists()


def test_very_many_are_changed_by_the_worker_and_given_back_by_it(
    bob: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_editing, "MOST", 2)
    monkeypatch.setattr(bulk_jobs, "PORTION", 2)
    dormant = making.make_entry(CustomerStatus, "Dormant")
    for name in ("A", "B", "C", "D", "Given away"):
        making.make_customer(name, owner=bob)
    by = {"by": Actor(bob, "desk"), "now": making.NOW}
    change = begun(BulkField.STATUS, dormant.pk, by["by"])
    everybody().filter(name="Given away").update(owner=alice)
    assert (change.ended_at, [row.status for row in everybody()]) == (None, [None] * 5)
    with pytest.raises(UnableToChangeMany, match="still being made"):
        undo_change(change=change, **by)
    assert [carry_on_changes(now=making.NOW) for _portion in range(4)] == [2, 2, 1, 0]
    change.refresh_from_db()
    assert (change.done, change.changed_count, states(change)[-1]) == (5, 4, BulkState.NOT_YOURS)
    undo_change(change=change, **by)
    assert carry_on_changes(now=making.NOW) == 2
    stop_change(change=change, now=making.NOW)
    assert [row.status for row in everybody()] == [None, None, dormant, dormant, None]
    undo_change(change=change, **by)
    assert (carry_on_changes(now=making.NOW), carry_on_changes(now=making.NOW)) == (0, 0)
    change.refresh_from_db()
    assert (change.given_back_count, [row.status for row in everybody()]) == (4, [None] * 5)


def test_a_stopped_change_leaves_the_rest_as_it_was(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_jobs, "PORTION", 1)
    dormant = making.make_entry(CustomerStatus, "Dormant")
    for name in ("A", "B"):
        making.make_customer(name)
    change = begun(BulkField.STATUS, dormant.pk, Actor(alice, "desk"))
    carry_on_changes(now=making.NOW)
    stop_change(change=change, now=making.NOW)
    assert carry_on_changes(now=making.NOW) == 0
    assert [row.status for row in everybody()] == [dormant, None]
    assert undo_change(change=change, **BY).given_back_count == 1


def test_an_undoing_that_broke_off_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_editing, "MOST", 0)
    status = making.make_entry(CustomerStatus, "Dormant")
    making.make_customer("A")
    change = changed(BulkField.STATUS, status.pk)
    undo_change(change=change, **BY)
    change.rows.update(before="nonsense")
    for hour in range(3):
        assert carry_on_changes(now=making.NOW + timedelta(hours=hour)) == 1
    broken = BulkChange.objects.get()
    assert (broken.broke_with, states(broken), everybody().get().status) == ("ValueError", ["changed"], status)
    change.rows.update(before=None)
    retry_change(change=broken)
    carry_on_changes(now=making.NOW)
    assert (states(broken), everybody().get().status) == (["given_back"], None)


def test_customers_go_to_the_archive_and_back_within_the_right_to_delete_them(bob: User, alice: User) -> None:
    customers = [making.make_customer("A", owner=bob), making.make_customer("B", owner=alice)]
    by = {"by": Actor(bob, "desk"), "now": making.NOW}
    change = change_many(record_ids=[row.pk for row in customers], wish=Wish(BulkField.ARCHIVED, None), **by)
    assert [row.archived_at for row in everybody()] == [making.NOW, None]
    assert states(change) == ["changed", "not_yours"]
    making.make_lead("L")
    with pytest.raises(UnableToChangeMany):
        changed(BulkField.ARCHIVED, None, kind=BulkKind.LEAD)
    undo_change(change=change, **by)
    assert [row.archived_at for row in everybody()] == [None, None]


def test_what_cannot_be_given_back_is_left_alone_and_says_why(alice: User) -> None:
    old, new = (making.make_entry(Tag, name) for name in ("Old", "New"))
    making.make_customer("A", tags=typed("Old"))
    gone = making.make_customer("B", tags=typed("Old"))
    change = changed(BulkField.TAG_REMOVED, old.pk)
    merge_tags(tag=old, into=new, **BY)
    everybody().filter(pk=gone.pk).delete()
    with pytest.raises(UnableToChangeMany, match="Nothing was undone"):
        undo_change(change=change, **BY)
    change.refresh_from_db()
    assert change.undone_at is None, "somebody else may be able to"
    verdicts = outlook(change=change, rows=list(change.rows.all()), reader=alice)
    assert list(verdicts.values()) == [BulkState.VALUE_GONE, BulkState.GONE]


def test_a_record_that_is_gone_cannot_be_given_back_by_anybody(bob: User) -> None:
    status, by = making.make_entry(CustomerStatus, "Dormant"), {"by": Actor(bob, "desk"), "now": making.NOW}
    ids = [making.make_customer(name, owner=bob).pk for name in ("Kept", "Gone")]
    change = change_many(record_ids=[*ids, ids[1] + 1], wish=Wish(BulkField.STATUS, status.pk), **by)
    assert (states(change), left_alone(change)) == (["changed", "changed", "gone"], 1)
    everybody().filter(name="Gone").delete()
    undone = undo_change(change=change, **by)
    assert (states(undone), undone.out_of_reach_count) == (["given_back", "gone", "gone"], 0)


def test_undoing_an_archiving_leaves_those_alone_whom_somebody_archived_again(alice: User) -> None:
    making.make_customer("Left"), making.make_customer("Again")
    change = changed(BulkField.ARCHIVED, None)
    again, later = everybody().filter(name="Again").values_list("pk", flat=True), making.NOW + timedelta(days=1)
    for field in (BulkField.RESTORED, BulkField.ARCHIVED):
        change_many(record_ids=again, wish=Wish(field, None), by=Actor(alice, "desk"), now=later)
    undo_change(change=change, by=making.BY_COMMAND, now=later)
    assert [row.archived_at for row in everybody()] == [None, later]
    assert states(change) == ["given_back", "overwritten"]


def test_undoing_a_restoring_gives_back_since_when_they_rested() -> None:
    first, last = making.make_customer("First"), making.make_customer("Last")
    for number, customer in enumerate((first, last)):
        since = making.NOW + timedelta(days=number)
        change_many(record_ids=[customer.pk], wish=Wish(BulkField.ARCHIVED, None), by=making.BY_COMMAND, now=since)
    later = {"by": making.BY_COMMAND, "now": making.NOW + timedelta(days=9)}
    change = change_many(record_ids=[first.pk, last.pk], wish=Wish(BulkField.RESTORED, None), **later)
    undo_change(change=change, **later)
    assert [row.archived_at for row in everybody()] == [making.NOW, making.NOW + timedelta(days=1)]


def test_a_job_whose_giver_is_gone_reaches_nothing() -> None:
    status, eve = making.make_entry(CustomerStatus, "Dormant"), making.make_user("Eve")
    making.make_customer("A")
    by = Actor(eve, "desk")
    change = begun(BulkField.STATUS, status.pk, by)
    still_looking = change_found(filters=CustomerFilters(), wish=Wish(BulkField.STATUS, status.pk), by=by, now=making.NOW)
    User.objects.filter(pk=eve.pk).delete()
    while carry_on_changes(now=making.NOW):
        pass
    assert (everybody().get().status, states(change)) == (None, [BulkState.NOT_YOURS])
    assert (states(still_looking), BulkChange.objects.filter(ended_at=None).exists()) == ([], False)


def test_what_is_required_by_now_is_not_emptied_and_nobody_who_left_gets_a_record(bob: User, alice: User) -> None:
    number = making.make_info_field("Employees", "number")
    making.make_customer("A", owner=bob)
    filled, given = changed(BulkField.INFO, "7", info_field=number), changed(BulkField.OWNER, alice.pk)
    type(number).objects.update(is_required=True)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    for change in (filled, given):
        with pytest.raises(UnableToChangeMany, match="Nothing was undone"):
            undo_change(change=BulkChange.objects.get(pk=change.pk), **BY)
    assert [(row.info, row.owner) for row in everybody()] == [({str(number.pk): "7"}, alice)]


def test_a_job_whose_tag_is_merged_away_ends_and_the_next_one_goes_on(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_jobs, "PORTION", 1)
    old, new = (making.make_entry(Tag, name) for name in ("Old", "New"))
    for name in ("A", "B"):
        making.make_customer(name)
    by = Actor(bob, "desk")
    first = begun(BulkField.TAG_ADDED, old.pk, by)
    second = change_found(filters=CustomerFilters(), wish=Wish(BulkField.OWNER, bob.pk), by=by, now=making.NOW)
    assert carry_on_changes(now=making.NOW) == 1
    merge_tags(tag=old, into=new, **BY)
    assert [carry_on_changes(now=making.NOW) for _portion in range(5)] == [1, 2, 1, 1, 0]
    assert (states(first), left_alone(first)) == ([BulkState.CHANGED, BulkState.WISH_GONE], 1)
    assert states(second) == [BulkState.CHANGED] * 2


def test_what_had_it_already_was_not_left_alone() -> None:
    status = making.make_entry(CustomerStatus, "Active")
    making.make_customer("A", status=status)
    making.make_customer("B")
    assert left_alone(changed(BulkField.STATUS, status.pk)) == 0


def test_changes_are_listed_and_undone_for_thirty_days(bob: User, alice: User) -> None:
    making.make_customer("A", owner=bob)
    ids = everybody().values_list("pk", flat=True)
    change = change_many(record_ids=ids, wish=Wish(BulkField.OWNER, None), by=Actor(bob, "desk"), now=making.NOW)
    assert list(recent_changes(of=bob, now=making.NOW)) == [change]
    assert list(recent_changes(of=alice, now=making.NOW)) == []
    assert list(recent_changes(of=alice, now=making.NOW, is_everybodys=True)) == [change]
    later = making.NOW + timedelta(days=31)
    assert list(recent_changes(of=bob, now=later)) == []
    with pytest.raises(UnableToChangeMany, match="too long ago"):
        undo_change(change=change, by=Actor(bob, "desk"), now=later)
    assert (forget_old_changes(making.NOW), BulkChange.objects.count()) == (0, 1)
    assert (forget_old_changes(later) > 0, BulkChange.objects.count()) == (True, 0)


def test_a_change_that_is_stopped_while_its_records_are_looked_for_looks_no_further(alice: User) -> None:
    status = making.make_entry(CustomerStatus, "Dormant")
    wish, by = Wish(BulkField.STATUS, status.pk), Actor(alice, "desk")
    change = change_found(filters=CustomerFilters(), wish=wish, by=by, now=making.NOW)
    stop_change(change=change, now=making.NOW)
    assert BulkChange.objects.get().found_by is None
