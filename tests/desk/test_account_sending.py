"""The outgoing half of a mailbox: tried out with the incoming one, proven with it, and every option saved as it was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from desk.test_accounts import AS_USUAL, NEW
from desk.world import client_of
from letters.making_letters import make_team_account
from making import make_group
from mooring.letters.accounts import default_account_of, outgoing_server_of, team_rights_of
from mooring.letters.models import MailAccount
from mooring.mail.types import Login
from mooring.users.models import User
from servers.dovecot import PASSWORD, Dovecot
from servers.scripted_smtp import ScriptedSmtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def smtp() -> Iterator[ScriptedSmtp]:
    server = ScriptedSmtp().start()
    yield server
    server.stop()


@pytest.fixture
def form(dovecot: Dovecot, smtp: ScriptedSmtp) -> dict[str, str]:
    """A mailbox without encryption on this machine, in both directions, everything else unusual too."""
    return {
        **AS_USUAL,
        "your_name": "Bob",
        "address": "bob@mooring.example",
        "organization": "Mooring Ltd",
        "reply_address": "answers@mooring.example",
        "user_name": dovecot.new_user(),
        "password": PASSWORD,
        "protocol": "imap",
        "host": "localhost",
        "encryption": "none",
        "port": str(dovecot.imap_port),
        "plain_login_allowed": "on",
        "timeout_seconds": "20",
        "outgoing_protocol": "smtp",
        "outgoing_host": "localhost",
        "outgoing_encryption": "none",
        "outgoing_port": str(smtp.port),
        "outgoing_plain_login_allowed": "on",
        "outgoing_login_of": "own",
        "outgoing_user_name": "bob.out",
        "outgoing_password": "of the outgoing server",
        "removes_after": "on",
        "removes_after_days": "30",
        "removes_when_deleted": "on",
        "marks_outgoing_private": "on",
        "first_scan_days": "30",
        "signature": "Bob\nMooring Ltd <sails>",
    }


def submit(browser: Client, form: dict[str, str], url: str = NEW) -> Any:
    page = browser.post(url, {**form, "test": "1"}).content.decode()
    found = re.search(r'name="proof" value="([^"]+)"', page)
    assert found, re.sub(r"<[^>]+>", " ", page)
    return browser.post(url, {**form, "submit": "1", "proof": found[1], "folders": ["INBOX"]})


def only_account() -> MailAccount:
    return MailAccount.objects.unscoped("a test looks at everything").get()


def test_both_directions_are_tried_and_saved(bob: User, form: dict[str, str], smtp: ScriptedSmtp) -> None:
    assert submit(client_of(bob), form).status_code == 303
    account = only_account()
    server = outgoing_server_of(account)
    assert (server.host, server.port, server.user_name) == ("localhost", smtp.port, "bob.out")
    assert server.password.reveal() == "of the outgoing server"
    assert (account.organization, account.reply_address) == ("Mooring Ltd", "answers@mooring.example")
    assert (account.leaves_copy, account.removes_after_days, account.removes_when_deleted) == (True, 30, True)
    assert (account.marks_incoming_private, account.marks_outgoing_private, account.first_scan_days) == (False, True, 30)
    assert account.signature == "<p>Bob<br>Mooring Ltd &lt;sails&gt;</p>"
    assert not smtp.taken, "a test sends nothing"


def test_a_server_that_requires_no_authentication_is_told_no_password(
    bob: User, form: dict[str, str], smtp: ScriptedSmtp
) -> None:
    form.pop("outgoing_needs_login")
    assert submit(client_of(bob), form).status_code == 303
    assert outgoing_server_of(only_account()).login is Login.NONE
    assert b"AUTH" not in bytes(smtp.received)


def test_what_is_wrong_with_sending_is_said_and_nothing_can_be_submitted(
    bob: User, form: dict[str, str], smtp: ScriptedSmtp
) -> None:
    smtp.answers["AUTH"] = b"535 5.7.8 no\r\n"
    page = client_of(bob).post(NEW, {**form, "test": "1"}).content.decode()
    receiving, _title, sending = page.partition("<h4>Sending</h4>")
    assert 'class="bad"' not in receiving.partition("Result of the test")[2]
    assert 'class="bad"' in sending
    assert "Submit" not in page


def test_the_proof_is_of_the_outgoing_server_too(bob: User, form: dict[str, str]) -> None:
    browser = client_of(bob)
    page = browser.post(NEW, {**form, "test": "1"}).content.decode()
    proof = re.search(r'name="proof" value="([^"]+)"', page)
    assert proof
    for change in ({"outgoing_user_name": "other"}, {"outgoing_password": "other"}, {"outgoing_host": "127.0.0.1"}):
        answer = browser.post(NEW, {**form, **change, "submit": "1", "proof": proof[1]})
        assert answer.status_code == 422, change
    assert not MailAccount.objects.unscoped("a test looks at everything").exists()


def test_default_ports_belong_to_server_type_and_encryption(bob: User, form: dict[str, str]) -> None:
    page = client_of(bob).post(
        NEW, {**form, "uses_default_ports": "on", "encryption": "tls", "host": "nobody.invalid", "test": "1"}
    )
    steps = page.context["trial"]
    assert [step.label for step in steps.receiving if step.code == "connect"] == ["Connect to port 993"]
    assert [step.label for step in steps.sending if step.code == "connect"][:1] in ([], ["Connect to port 25"])


@pytest.mark.parametrize(
    ("change", "login"), [({}, "password"), ({"is_spa": "on"}, "spa"), ({"is_spa": "on", "is_spa_old": "on"}, "spa_old")]
)
def test_spa_is_ticked_and_its_old_version_once_more(bob: User, form: dict[str, str], change: dict[str, str], login: str) -> None:
    account = make_personal(bob)
    answer = client_of(bob).post(f"/mail-accounts/{account.pk}/edit/", {**form, **change, "outgoing_protocol": "", "test": "1"})
    assert answer.context["form"].data_entered().login == login


def make_personal(user: User) -> MailAccount:
    from letters.making_letters import make_account

    return make_account(user, address="bob@mooring.example")


def test_a_password_that_is_not_remembered_is_asked_for_on_a_page(bob: User, form: dict[str, str]) -> None:
    browser = client_of(bob)
    form.pop("remembers_password")
    assert submit(browser, form).status_code == 303
    account = only_account()
    assert bytes(account.password_sealed) == b""
    url = f"/mail-accounts/{account.pk}/password/"
    assert "is known until this machine is started anew" in browser.get(url).content.decode()
    assert browser.post(url, {"password": "", "outgoing_password": ""}).status_code == 422
    assert browser.post(url, {"password": "new", "outgoing_password": "new too"}).status_code == 303
    assert outgoing_server_of(account).password.reveal() == "new too"


class TestTeam:
    def test_an_administrator_gives_a_mailbox_to_groups(self, alice: User, bob: User, form: dict[str, str]) -> None:
        sales, office = make_group("Sales", members=[bob]), make_group("Office")
        browser = client_of(alice)
        rights = {f"group_{sales.pk}": "write", f"group_{office.pk}": "read"}
        answer = submit(browser, {**form, **rights}, "/setup/email/accounts/new/")
        assert answer.headers["Location"] == "/setup/email/accounts/"
        account = only_account()
        assert [(right.group, right.may_write) for right in team_rights_of(account)] == [(office, False), (sales, True)]
        assert default_account_of(bob) == account
        page = browser.get("/setup/email/accounts/").content.decode()
        assert "Sales" in page
        assert "(reads only)" in page

    def test_a_mailbox_of_a_team_needs_a_group(self, alice: User, form: dict[str, str]) -> None:
        make_group("Sales")
        answer = submit(client_of(alice), form, "/setup/email/accounts/new/")
        assert answer.status_code == 422
        assert "choose the groups that work in this account" in answer.content.decode()

    def test_a_member_sees_it_among_the_own_ones_and_makes_it_the_default(self, bob: User) -> None:
        account = make_team_account(bob, address="team@mooring.example")
        browser = client_of(bob)
        assert "team@mooring.example" in browser.get("/profile/email/").content.decode()
        browser.post(f"/mail-accounts/{account.pk}/default/", {"user": str(bob.pk)})
        assert default_account_of(bob) == account
        assert browser.get(f"/mail-accounts/{account.pk}/edit/").status_code == 403

    def test_an_administrator_sets_the_default_of_somebody(self, alice: User, bob: User) -> None:
        account = make_team_account(bob, address="team@mooring.example")
        browser = client_of(alice)
        answer = browser.post(f"/mail-accounts/{account.pk}/default/", {"user": str(bob.pk)})
        assert answer.headers["Location"] == f"/setup/staff/{bob.pk}/email/"
        assert default_account_of(bob) == account
        assert bob.name in browser.get("/setup/email/accounts/").content.decode()
