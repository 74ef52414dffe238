"""Setting up a mailbox against a real Dovecot: nothing is saved before exactly these settings were tested, and no page, no log
and no table ever shows the password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from desk.world import client_of
from letters.making_letters import make_account
from mooring.letters.accounts import default_account_of
from mooring.letters.models import MailAccount
from mooring.users.models import JournalEntry, User
from servers.certificates import Authority
from servers.dovecot import PASSWORD, Dovecot
from servers.programs import free_ports

pytestmark = pytest.mark.django_db
CANARY = "canary-0f-a-p4ssword"
AS_USUAL = {
    "login_by": "password",
    "remembers_password": "on",
    "outgoing_protocol": "",
    "outgoing_encryption": "tls",
    "outgoing_login_of": "same",
    "outgoing_needs_login": "on",
    "leaves_copy": "on",
}
"""What the form sends for settings that nobody touched, of an account that only receives."""


@pytest.fixture
def browser(bob: User) -> Client:
    return client_of(bob)


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system trusts the authority of the test servers."""
    (tmp_path / "authority.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.fixture
def form(dovecot: Dovecot) -> dict[str, str]:
    """What a person enters for a mailbox on the Dovecot."""
    user = dovecot.new_user()
    return {
        "your_name": "Bob",
        "address": "bob@mooring.example",
        "user_name": user,
        "password": PASSWORD,
        "protocol": "imap",
        "host": "localhost",
        "encryption": "tls",
        "port": str(dovecot.imaps_port),
        "timeout_seconds": "20",
        "first_scan_days": "all",
        **AS_USUAL,
        "is_scanned": "on",
        "syncs_customers": "on",
        "syncs_leads": "on",
    }


NEW = "/profile/email/new/"


def test_a_mailbox_is_saved_after_exactly_its_settings_were_tested(
    browser: Client, bob: User, form: dict[str, str], trusted: None
) -> None:
    tested = browser.post(NEW, {**form, "test": "1"})
    page = tested.content.decode()
    assert "These settings work." in page
    assert 'value="INBOX" checked' in page
    answer = browser.post(NEW, {**form, "submit": "1", "proof": _proof(page), "folders": ["INBOX"]})
    assert answer.status_code == 303
    account = MailAccount.objects.visible_to(bob).get()
    assert (account.address, account.first_scan_days) == ("bob@mooring.example", None)
    assert default_account_of(bob) == account
    assert list(account.folders.filter(is_synced=True).values_list("path", flat=True)) == ["INBOX"]
    assert PASSWORD.encode() not in bytes(account.password_sealed)


def test_nothing_is_saved_without_a_test(browser: Client, form: dict[str, str], trusted: None) -> None:
    answer = browser.post(NEW, {**form, "submit": "1"})
    assert answer.status_code == 422
    assert "test the connection with exactly these settings" in answer.content.decode()
    assert not _accounts()


@pytest.mark.parametrize(
    "changed", [{"password": "another"}, {"host": "127.0.0.1"}, {"user_name": "other"}, {"encryption": "none"}]
)
def test_the_proof_of_other_settings_does_not_count(
    browser: Client, form: dict[str, str], trusted: None, changed: dict[str, str]
) -> None:
    proof = _proof(browser.post(NEW, {**form, "test": "1"}).content.decode())
    answer = browser.post(NEW, {**form, **changed, "submit": "1", "proof": proof})
    assert answer.status_code == 422
    assert not _accounts()


def test_folders_that_the_server_did_not_list_cannot_be_slipped_in(browser: Client, form: dict[str, str], trusted: None) -> None:
    proof = _proof(browser.post(NEW, {**form, "test": "1"}).content.decode())
    browser.post(NEW, {**form, "submit": "1", "proof": proof, "folders": ["INBOX", "../../etc"]})
    (account,) = _accounts()
    assert "../../etc" not in account.folders.values_list("wire_name", flat=True)


def test_a_wrong_password_is_said_in_words(browser: Client, form: dict[str, str], trusted: None) -> None:
    page = _test(browser, {**form, "password": "wrong"})
    assert "password" in _failed_step(page)
    assert "Submit" not in page


def test_an_unknown_server_is_said_in_words(browser: Client, form: dict[str, str]) -> None:
    page = _test(browser, {**form, "host": "nobody.invalid"})
    assert "There is no server with the name “nobody.invalid”" in _failed_step(page)


def test_a_closed_port_is_said_in_words(browser: Client, form: dict[str, str]) -> None:
    (port,) = free_ports(1)
    page = _test(browser, {**form, "port": str(port)})
    assert f"Nothing answers at port {port}" in _failed_step(page)


def test_an_untrusted_certificate_is_said_with_its_names(browser: Client, form: dict[str, str]) -> None:
    page = _test(browser, form)
    assert "is not trusted" in _failed_step(page)
    assert "localhost" in _failed_step(page)


def test_missing_starttls_is_said_in_words(browser: Client, form: dict[str, str], new_dovecot: Any) -> None:
    bare = new_dovecot(settings="ssl = no")
    page = _test(browser, {**form, "encryption": "starttls", "port": str(bare.imap_port)})
    assert "STARTTLS" in _failed_step(page)


def test_private_networks_are_refused_with_one_neutral_text(browser: Client, form: dict[str, str]) -> None:
    texts = {
        _failed_step(_test(browser, {**form, "host": host, "port": port})).replace(host, "HOST")
        for host, port in (("10.0.0.1", "993"), ("192.168.7.7", "993"), ("169.254.169.254", "143"), ("10.0.0.1", "22"))
    }
    assert len(texts) == 1
    assert "does not connect to" in texts.pop()


def test_what_the_server_says_is_shown_as_a_quotation(browser: Client, form: dict[str, str], trusted: None) -> None:
    page = _test(browser, {**form, "password": "wrong"})
    assert re.search(r"The server said: <q>[^<]+</q>", page)


def test_what_is_missing_stands_at_its_fields(browser: Client, form: dict[str, str]) -> None:
    answer = browser.post(NEW, {**form, "address": "", "password": "", "host": "", "test": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    for field in ("address", "password", "host"):
        assert f'id="id_{field}_error"' in page


def test_only_administrators_read_folders_of_the_server(browser: Client, alice: User, form: dict[str, str]) -> None:
    wanted = {**form, "protocol": "files", "path": "/etc", "test": "1"}
    answer = browser.post(NEW, wanted)
    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    assert client_of(alice).post(NEW, wanted).status_code == 200


def test_settings_that_do_not_reach_the_server_are_changed_without_a_test(browser: Client, bob: User) -> None:
    account = make_account(bob, address="bob@mooring.example", password_sealed=b"sealed")
    data = {**_known(account), "is_main": "on", "submit": "1"}
    assert browser.post(reverse("edit_account", args=[account.pk]), data).status_code == 303
    account.refresh_from_db()
    assert account.is_main
    assert bytes(account.password_sealed) == b"sealed"


def test_a_password_whose_key_is_gone_is_asked_for_again(browser: Client, bob: User) -> None:
    account = make_account(bob, address="bob@mooring.example", password_sealed=b"sealed")
    answer = browser.post(reverse("edit_account", args=[account.pk]), {**_known(account), "test": "1"})
    assert answer.status_code == 422
    assert "its key is gone" in answer.content.decode()


def test_the_stored_password_never_goes_to_another_server(browser: Client, form: dict[str, str], trusted: None) -> None:
    proof = _proof(browser.post(NEW, {**form, "test": "1"}).content.decode())
    browser.post(NEW, {**form, "submit": "1", "proof": proof, "folders": ["INBOX"]})
    (account,) = _accounts()
    elsewhere = {**form, "password": "", "host": "127.0.0.1", "submit": "1"}
    answer = browser.post(reverse("edit_account", args=[account.pk]), elsewhere)
    assert answer.status_code == 422
    account.refresh_from_db()
    assert account.host == "localhost"


def test_a_test_of_changed_settings_wants_the_password_when_the_server_changes(
    browser: Client, form: dict[str, str], trusted: None, dovecot: Dovecot
) -> None:
    proof = _proof(browser.post(NEW, {**form, "test": "1"}).content.decode())
    browser.post(NEW, {**form, "submit": "1", "proof": proof, "folders": ["INBOX"]})
    (account,) = _accounts()
    answer = browser.post(reverse("edit_account", args=[account.pk]), {**form, "password": "", "host": "127.0.0.1", "test": "1"})
    assert answer.status_code == 422
    assert "enter the password again" in answer.content.decode()


def test_an_administrator_sets_up_a_mailbox_for_somebody(alice: User, bob: User, form: dict[str, str], trusted: None) -> None:
    browser, new = client_of(alice), reverse("new_staff_account", args=[bob.pk])
    proof = _proof(browser.post(new, {**form, "test": "1"}).content.decode())
    answer = browser.post(new, {**form, "submit": "1", "proof": proof, "folders": ["INBOX"]})
    assert answer.headers["Location"] == reverse("staff_email", args=[bob.pk])
    assert [account.owner for account in _accounts()] == [bob]


def test_the_list_of_accounts_takes_the_same_number_of_queries_however_many(browser: Client, bob: User) -> None:
    for _number in range(2):
        make_account(bob)
    counted = _queries(browser, "/profile/email/")
    for _number in range(8):
        make_account(bob)
    assert _queries(browser, "/profile/email/") == counted


@pytest.mark.parametrize(
    "change",
    [
        {"password": CANARY},
        {"password": CANARY, "host": "nobody.invalid"},
        {"password": CANARY, "port": "1"},
        {"password": CANARY, "host": "10.0.0.1"},
        {"outgoing_password": CANARY, "outgoing_protocol": "smtp", "outgoing_login_of": "own", "outgoing_host": "nobody.invalid"},
        {"password": CANARY, "address": "nobody"},
        {"password": CANARY, "encryption": "none", "timeout_seconds": "5"},
    ],
)
def test_no_failure_shows_the_password(
    browser: Client, form: dict[str, str], change: dict[str, str], trusted: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for deed in ("test", "submit"):
        for headers in ({}, {"HX-Request": "true"}):
            page = browser.post(NEW, {**form, **change, deed: "1"}, headers=headers)
            assert CANARY not in page.content.decode()
    assert CANARY not in caplog.text
    assert CANARY not in "".join(_every_text())


def test_the_password_stands_in_no_page_journal_or_log_after_it_worked(
    browser: Client, form: dict[str, str], trusted: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    tested = browser.post(NEW, {**form, "test": "1"}).content.decode()
    browser.post(NEW, {**form, "submit": "1", "proof": _proof(tested), "folders": ["INBOX"]})
    (account,) = _accounts()
    pages = [tested, *(browser.get(reverse(name, args=[account.pk])).content.decode() for name in ("account", "edit_account"))]
    assert all(PASSWORD not in page for page in pages)
    assert PASSWORD not in caplog.text
    assert PASSWORD not in "".join(_every_text())
    assert JournalEntry.objects.filter(record_kind="account", record_id=account.pk).exists()


def _test(browser: Client, form: dict[str, str]) -> str:
    return browser.post(NEW, {**form, "test": "1"}).content.decode()


def _proof(page: str) -> str:
    found = re.search(r'name="proof" value="([^"]+)"', page)
    assert found, page
    return found[1]


def _failed_step(page: str) -> str:
    """The step that did not pass, as it reads."""
    step = next(part for part in page.split("<li>") if 'class="bad"' in part)
    return re.sub(r"<[^>]+>", " ", step.partition("</li>")[0])


def _accounts() -> list[MailAccount]:
    return list(MailAccount.objects.unscoped("a test looks at everything"))


def _known(account: MailAccount) -> dict[str, str]:
    names = ("your_name", "address", "user_name", "protocol", "host", "encryption", "port", "timeout_seconds")
    return {**AS_USUAL, **{name: str(getattr(account, name)) for name in names}, "first_scan_days": str(account.first_scan_days)}


def _queries(browser: Client, url: str) -> int:
    browser.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


def _every_text() -> Iterator[str]:
    """All rows of all tables, as text."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # names of our own tables
            yield repr(cursor.fetchall())
