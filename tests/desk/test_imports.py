"""An import as people click it: the file, its columns, a try, the rows, what was left out, and back again."""

from __future__ import annotations

import csv
import re
import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from desk.world import client_of
from mooring.customers.models import Customer
from mooring.transfer.models import Import, ImportState
from mooring.transfer.running import run_next
from mooring.users.models import User

pytestmark = pytest.mark.django_db
FIRMS = b"Firm;Mail\nHarbour Ltd;office@harbour.example\n;=1+1\nYard;=2+2\n"


@pytest.fixture
def browser(alice: User) -> Client:
    return client_of(alice)


@pytest.fixture
def job(browser: Client) -> Import:
    """Brought, and its columns recognised as far as they are known."""
    sent = {"kind": "customers", "file": SimpleUploadedFile("firms.csv", FIRMS)}
    answer = browser.post(reverse("new_import"), sent)
    found = Import.objects.get()
    assert answer.headers["Location"] == reverse("import", args=[found.pk])
    return found


def shown(browser: Client, job: Import) -> str:
    return browser.get(reverse("import", args=[job.pk])).content.decode()


def chosen(browser: Client, job: Import, **more: Any) -> Any:
    columns = {"column_0": "name", "column_1": "email", "on_duplicate": "skip", "on_bad_value": "leave_out", **more}
    return browser.post(reverse("import", args=[job.pk]), columns)


def work() -> None:
    assert run_next(clock=timezone.now, stop=threading.Event())


def test_a_file_is_tried_out_let_in_and_taken_back(browser: Client, job: Import) -> None:
    page = shown(browser, job)
    assert ("Harbour Ltd" in page, "CSV, utf-8, ;" in page) == (True, True)
    assert chosen(browser, job, **{"try": "1"}).status_code == 303
    assert "Trying out, nothing is changed" in shown(browser, job)
    assert "HX-Redirect" not in browser.get(reverse("import_progress", args=[job.pk])).headers
    work()
    assert browser.get(reverse("import_progress", args=[job.pk])).headers["HX-Redirect"] == reverse("import", args=[job.pk])
    assert "What would happen" in shown(browser, job)
    assert not Customer.objects.unscoped("a test").exists()
    chosen(browser, job, begin="1")
    work()
    page = shown(browser, job)
    assert ("What happened" in page, "Line 3:" in page, "Undo the import" in page) == (True, True, True)
    assert "firms.csv" in browser.get(reverse("imports")).content.decode()
    left_out = b"".join(browser.get(reverse("import_problems", args=[job.pk])).streaming_content).decode("utf-8-sig")
    assert [row[:4] for row in csv.reader(left_out.splitlines())][1:] == [["3", "Row", "", ""], ["4", "Value", "Mail", "'=2+2"]]
    assert ("Left out: =2+2" in page, "Of these without a value" in page) == (True, True)
    browser.post(reverse("take_import_back", args=[job.pk]))
    assert not Customer.objects.unscoped("a test").exists()
    assert "There is nothing to undo." in browser.post(reverse("take_import_back", args=[job.pk]), follow=True).content.decode()


def test_a_row_with_a_bad_value_is_refused_where_that_was_chosen(browser: Client, job: Import) -> None:
    chosen(browser, job, begin="1", on_bad_value="refuse")
    work()
    job.refresh_from_db()
    assert (job.created_count, job.failed_count, job.incomplete_count) == (1, 2, 0)


def test_what_was_chosen_wrongly_is_said_and_kept(browser: Client, job: Import) -> None:
    answer = chosen(browser, job, column_1="name")
    assert answer.status_code == 422
    assert "Two columns are meant to be the same." in answer.content.decode()


def test_a_waiting_import_is_stopped_and_gone_on_with(browser: Client, job: Import) -> None:
    chosen(browser, job, begin="1")
    browser.post(reverse("stop_import", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == ImportState.STOPPED
    browser.post(reverse("go_on_importing", args=[job.pk]))
    work()
    assert {row.name for row in Customer.objects.unscoped("a test")} == {"Harbour Ltd", "Yard"}


def test_a_file_that_is_none_is_refused_in_its_place(browser: Client) -> None:
    for raw, words in ((b"PK\x03\x04", "This workbook cannot be read."), (b" ", "The file is empty.")):
        answer = browser.post(reverse("new_import"), {"kind": "customers", "file": SimpleUploadedFile("x.xlsx", raw)})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_the_lists_lead_there_for_those_who_may(browser: Client, bob: User) -> None:
    link = f"{reverse('new_import')}?kind=leads"
    assert link in browser.get("/leads/").content.decode()
    assert re.search(r'value="leads"[^>]* checked', browser.get(link).content.decode())
    assert link not in client_of(bob).get("/leads/").content.decode()
