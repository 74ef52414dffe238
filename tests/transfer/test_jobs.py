"""Imports as people ask for them: tried out first, brought in by a worker, stopped, gone on with, undone."""

from __future__ import annotations

import io
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from making import NOW, actor, give_rights, make_customer, make_project
from mooring.activities.models import Notice
from mooring.customers.editing import change_customer
from mooring.customers.facts import customer_data
from mooring.customers.models import Contact, Customer, Lead
from mooring.customers.record_data import CustomerData
from mooring.transfer import importing, running
from mooring.transfer.jobs import UnableToImport, begin_import, choose, forget_files, imports_of, preview, start, stop
from mooring.transfer.models import Import, ImportedRecord, ImportFile, ImportState
from mooring.transfer.remembering import from_json, to_json
from mooring.transfer.running import LEASE, run_next
from mooring.transfer.undoing import undo_import
from mooring.users.journal import entries_about
from mooring.users.models import User
from mooring.users.permissions import Scope

pytestmark = pytest.mark.django_db
FIRMS = "Nazwa;E-mail;Miasto\nHarbour Ltd;office@harbour.example;Hull\nNorth Sails;mail@north.example;Gdynia\n;;Nowhere\n"


def begun(alice: User, text: str = FIRMS, *, kind: Any = "customers", now: datetime = NOW) -> Import:
    return begin_import(kind=kind, name="firms.csv", file=io.BytesIO(text.encode()), by=alice, now=now)


def brought_in(job: Import, alice: User, *, is_dry_run: bool = False, now: datetime = NOW) -> Import:
    start(job=job, is_dry_run=is_dry_run, by=actor(alice), now=now)
    assert run_next(clock=lambda: now, stop=threading.Event())
    job.refresh_from_db()
    return job


def names(model: Any = Customer) -> list[str]:
    return list(model.objects.unscoped("a test looks at everything").order_by("id").values_list("name", flat=True))


def test_a_file_is_understood_tried_out_and_brought_in(alice: User) -> None:
    job = begun(alice)
    assert (job.fields, job.row_total, job.found_as) == (["name", "email", "city"], 3, "CSV, utf-8, ;")
    assert list(preview(job).rows[0]) == ["Harbour Ltd", "office@harbour.example", "Hull"]
    tried = brought_in(job, alice, is_dry_run=True)
    assert (tried.state, tried.created_count, tried.failed_count, names()) == (ImportState.TRIED, 2, 1, [])
    done = brought_in(job, alice)
    assert (done.state, done.created_count, done.failed_count, done.rows_done) == (ImportState.DONE, 2, 1, 3)
    assert names() == ["Harbour Ltd", "North Sails"]
    assert [notice.facts["state"] for notice in Notice.objects.filter(user=alice).order_by("pk")] == ["tried", "done"]
    assert [problem.line for problem in done.problems.all()] == [4]
    customer = Customer.objects.unscoped("a test").get(name="Harbour Ltd")
    assert entries_about(kind="customer", record_id=customer.pk)[0].user == alice
    with pytest.raises(UnableToImport):
        start(job=job, is_dry_run=False, by=actor(alice), now=NOW)


def test_what_is_wrong_with_a_row_is_told_in_the_language_of_whoever_imports(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="pl")
    done = brought_in(begun(alice, "Nazwa;E-mail\nHarbour Ltd;nonsense\n"), alice)
    assert "nie jest pełnym adresem e-mail" in done.problems.get().text
    assert translation.get_language() == "en"


def test_values_that_were_left_out_are_kept_whole_with_their_columns_beyond_what_a_summary_holds(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(importing, "MOST_PROBLEMS", 3)
    monkeypatch.setattr(running, "MOST_PROBLEMS", 3)
    rows = "".join(f"Firm {number};{'x' * 2_000}{number};a\0b\n" for number in range(4))
    job = brought_in(begun(alice, f"Nazwa;E-mail;Typ\n{rows}"), alice)
    assert (job.created_count, job.failed_count, job.incomplete_count) == (4, 0, 4)
    told = job.problems.values_list("line", "column", "value")
    assert list(told) == [
        row for number in range(4) for row in ((number + 2, "E-mail", f"{'x' * 2_000}{number}"), (number + 2, "Typ", "a b"))
    ]
    strict = begun(alice, "Nazwa;E-mail\nYard;nonsense\n")
    choose(job=strict, fields=strict.fields, on_duplicate="skip", owner=None, by=alice, on_bad_value="refuse")
    strict = brought_in(strict, alice)
    assert (strict.created_count, strict.failed_count, strict.incomplete_count) == (0, 1, 0)


def test_columns_are_chosen_and_remembered_for_the_next_file_like_it(alice: User) -> None:
    text = "A,B\nHarbour Ltd,x\n"
    job = begun(alice, text)
    assert job.fields == ["", ""]
    for wrong in (["", ""], ["name", "name"]):
        with pytest.raises(UnableToImport):
            choose(job=job, fields=wrong, on_duplicate="skip", owner=None, by=alice)
    choose(job=job, fields=["name", "nonsense"], on_duplicate="skip", owner=alice, by=alice)
    brought_in(job, alice)
    assert Customer.objects.unscoped("a test").get().owner == alice
    assert begun(alice, text).fields == ["name", ""]


def test_known_records_are_met_as_chosen(alice: User) -> None:
    make_customer("Harbour", emails=("office@harbour.example",))
    for how, counts in (("skip", (1, 0, 1)), ("update", (0, 1, 1)), ("create", (2, 0, 0))):
        job = choose(job=begun(alice), fields=["name", "email", "city"], on_duplicate=how, owner=None, by=alice)
        done = brought_in(job, alice)
        assert (done.created_count, done.updated_count, done.skipped_count) == counts, how


def test_a_stopped_import_goes_on_with_the_next_row(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    job = begun(alice, "Name\n" + "".join(f"Firm {number}\n" for number in range(5)))
    start(job=job, is_dry_run=False, by=actor(alice), now=NOW)
    Import.objects.filter(pk=job.pk).update(is_stop_asked=True)
    run_next(clock=lambda: NOW, stop=threading.Event())
    job.refresh_from_db()
    assert (job.state, job.rows_done, len(names())) == (ImportState.STOPPED, 2, 2)
    ending = threading.Event()
    ending.set()
    start(job=job, is_dry_run=False, by=actor(alice), now=NOW)
    run_next(clock=lambda: NOW, stop=ending)
    job.refresh_from_db()
    assert (job.state, job.rows_done) == (ImportState.WAITING, 4), "the worker ended; another one goes on"
    run_next(clock=lambda: NOW, stop=threading.Event())
    job.refresh_from_db()
    assert (job.state, job.created_count, names()) == (ImportState.DONE, 5, [f"Firm {number}" for number in range(5)])


def test_an_import_whose_rows_the_database_refuses_breaks_off_and_keeps_what_came_before(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = {
        "sqlite": "CREATE TRIGGER refused BEFORE INSERT ON customers_customer WHEN NEW.name = 'Cursed'"
        " BEGIN SELECT RAISE(ABORT, 'no'); END",
        "postgresql": "ALTER TABLE customers_customer ADD CONSTRAINT refused CHECK (name <> 'Cursed')",
    }
    monkeypatch.setattr(importing, "BATCH", 1)
    with connection.cursor() as cursor:
        cursor.execute(refusals[connection.vendor])
    done = brought_in(begun(alice, "Name\nHarbour Ltd\nCursed\n"), alice)
    assert (done.state, done.rows_done, names()) == (ImportState.FAILED, 1, ["Harbour Ltd"])
    assert Notice.objects.get(user=alice).facts["state"] == "failed"


def test_a_number_that_somebody_saves_at_the_same_moment_does_not_end_the_import(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is gone with the batch here, so that its row comes in when it is tried again."""
    monkeypatch.setattr(importing, "BATCH", 1)
    met: list[str] = []

    def meets_another(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        number = next((each for each in ("2", "4") if each not in met and f"Firm {each}" in str(params)), "")
        if number and sql.startswith('INSERT INTO "customers_customer"'):
            met.append(number)
            Customer._base_manager.create(pk=1_000, name="Other", number=number, created_at=NOW, changed_at=NOW)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meets_another):
        done = brought_in(begun(alice, "Name;Number\n" + "".join(f"Firm {each};{each}\n" for each in range(5))), alice)
    assert met == ["2", "4"]
    assert (done.state, done.created_count, done.rows_done) == (ImportState.DONE, 5, 5)
    assert names() == [f"Firm {each}" for each in range(5)]


def test_an_import_whose_worker_died_goes_on_when_its_lease_is_over(alice: User) -> None:
    job = begun(alice)
    start(job=job, is_dry_run=False, by=actor(alice), now=NOW)
    Import.objects.filter(pk=job.pk).update(state=ImportState.RUNNING, lease_until=NOW + LEASE)
    assert not run_next(clock=lambda: NOW, stop=threading.Event())
    assert run_next(clock=lambda: NOW + LEASE, stop=threading.Event())
    assert len(names()) == 2


def test_what_waits_is_stopped_at_once_and_a_file_that_is_gone_is_told(alice: User) -> None:
    job = begun(alice)
    start(job=job, is_dry_run=False, by=actor(alice), now=NOW)
    stop(job=job, by=alice)
    assert not run_next(clock=lambda: NOW, stop=threading.Event())
    assert forget_files(now=NOW + timedelta(days=31)) == 1
    assert preview(job).rows == []
    with pytest.raises(UnableToImport, match="not kept"):
        start(job=job, is_dry_run=False, by=actor(alice), now=NOW)


def test_undoing_removes_what_was_made_and_restores_what_was_changed(alice: User) -> None:
    known = make_customer("Harbour", emails=("office@harbour.example",), note="old")
    before = customer_data(known)
    job = choose(job=begun(alice), fields=["name", "email", "city"], on_duplicate="update", owner=None, by=alice)
    later = NOW + timedelta(hours=1)
    brought_in(job, alice, now=later)
    assert names() == ["Harbour Ltd", "North Sails"]
    undone = undo_import(job=job, by=actor(alice), now=later + timedelta(hours=1))
    known.refresh_from_db()
    assert (names(), customer_data(known), undone.said, undone.state) == (["Harbour"], before, "", ImportState.UNDONE)
    assert not ImportedRecord.objects.exists()
    with pytest.raises(UnableToImport, match="nothing to undo"):
        undo_import(job=job, by=actor(alice), now=later)


def test_what_was_used_or_changed_since_stays(alice: User) -> None:
    job = brought_in(begun(alice, "Name\nUsed\nChanged\nUntouched\n"), alice)
    used, changed, _untouched = Customer.objects.unscoped("a test").order_by("id")
    make_project("Refit", customer=used)
    data = CustomerData(name="Changed by hand")
    change_customer(customer=changed, data=data, by=actor(alice), now=NOW + timedelta(minutes=1))
    undone = undo_import(job=job, by=actor(alice), now=NOW + timedelta(hours=1))
    assert names() == ["Used", "Changed by hand"]
    assert undone.said.startswith("2 records were used or changed since")


def test_contacts_come_to_the_firm_that_the_file_names_and_leads_are_undone_too(alice: User) -> None:
    harbour = make_customer("Harbour Ltd")
    make_customer("Twice")
    make_customer("Twice")
    text = "Name,Company\nCarol,harbour ltd\nEve,Twice\nIvo,Unknown\n"
    job = brought_in(begun(alice, text, kind="contacts"), alice)
    assert (job.created_count, [problem.line for problem in job.problems.all()]) == (1, [3, 4])
    assert Contact.objects.unscoped("a test").get().affiliations.get().customer == harbour
    undo_import(job=job, by=actor(alice), now=NOW)
    leads = brought_in(begun(alice, "Name\nLighthouse\n", kind="leads"), alice)
    assert names(Lead) == ["Lighthouse"]
    undo_import(job=leads, by=actor(alice), now=NOW)
    assert (names(Lead), names(Contact)) == ([], [])


def test_only_who_may_change_all_records_of_a_kind_imports(alice: User, bob: User) -> None:
    job = begun(alice)
    assert list(imports_of(alice)) == [job]
    assert not imports_of(bob).exists()
    for deed in (
        lambda: begun(bob),
        lambda: choose(job=job, fields=["name"], on_duplicate="skip", owner=None, by=bob),
        lambda: start(job=job, is_dry_run=True, by=actor(bob), now=NOW),
        lambda: stop(job=job, by=bob),
        lambda: undo_import(job=job, by=actor(bob), now=NOW),
    ):
        with pytest.raises(UnableToImport, match="may not"):
            deed()


def test_unusable_files_are_refused_before_anything_is_kept(alice: User) -> None:
    for raw, words in ((b"", "empty"), (b"PK\x03\x04", "cannot be read"), (b"x" * (25 * 1024 * 1024 + 1), "larger")):
        with pytest.raises(UnableToImport, match=words):
            begin_import(kind="customers", name="x", file=io.BytesIO(raw), by=alice, now=NOW)
    assert not ImportFile.objects.exists()


def test_a_record_is_remembered_whole(alice: User) -> None:
    known = make_customer("Harbour", emails=("a@a.example", "b@b.example"), domains=("harbour.example",), owner=alice)
    assert from_json("customers", to_json(customer_data(known))) == customer_data(known)


@pytest.mark.django_db(transaction=True)
def test_imports_that_were_under_way_before_there_was_a_choice_refuse_bad_rows(alice: User) -> None:
    executor = MigrationExecutor(connection)
    leaves, before = executor.loader.graph.leaf_nodes(), [("transfer", "0001_imports")]
    begun_at = {state: (NOW if state != ImportState.CHOSEN else None) for state in ImportState.values}
    jobs = {
        state: Import.objects.create(
            kind="customers", file_name="f.csv", user=alice, state=state, moment=moment, created_at=NOW
        ).pk
        for state, moment in begun_at.items()
    }
    try:
        executor.migrate(before)
    finally:
        MigrationExecutor(connection).migrate(leaves)
    found = dict(Import.objects.values_list("pk", "on_bad_value"))
    refuse = {state for state, pk in jobs.items() if found[pk] == "refuse"}
    assert refuse == {"waiting", "running", "stopped", "failed", "undone"}


def test_contacts_are_imported_only_by_those_who_may_change_all_customers_and_all_leads(alice: User, bob: User) -> None:
    job = brought_in(begun(alice, "Name;E-mail\nAnn;ann@harbour.example\n", kind="contacts"), alice)
    over_customers = {"customers_view": Scope.ALL, "customers_change": Scope.ALL, "leads_view": Scope.ALL}
    give_rights(**over_customers)
    reader = User.objects.get(pk=bob.pk)
    begun(reader)
    with pytest.raises(UnableToImport):
        begun(reader, kind="contacts")
    with pytest.raises(UnableToImport):
        undo_import(job=job, by=actor(reader), now=NOW)
    assert not imports_of(reader).filter(kind="contacts").exists()
    give_rights(**over_customers, leads_change=Scope.ALL)
    assert list(imports_of(User.objects.get(pk=bob.pk)).filter(kind="contacts")) == [job]
