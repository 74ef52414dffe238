"""Every kind of account set up in the browser: groups, a mailbox of a team by POP3 that sends, and mail files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from making import make_group
from mooring.letters.accounts import default_account_of, outgoing_server_of, server_of, team_rights_of
from mooring.letters.models import MailAccount
from mooring.users.models import User
from servers.dovecot import PASSWORD, Dovecot
from servers.scripted_smtp import ScriptedSmtp
from sync.mailboxes import deliver, make_letter

Open = Callable[..., Page]
Looks = Callable[..., None]


@pytest.fixture
def smtp() -> Iterator[ScriptedSmtp]:
    server = ScriptedSmtp().start()
    yield server
    server.stop()


def account_in_use() -> MailAccount:
    return MailAccount.objects.unscoped("a test looks at everything").get()


def fill_in_both_servers(page: Page, dovecot: Dovecot, smtp: ScriptedSmtp) -> None:
    """POP3 without encryption, a password that is not remembered, sending by another logon."""
    page.get_by_label("Server type").select_option(label="POP3")
    page.get_by_label("Incoming server", exact=True).fill("localhost")
    page.get_by_label("Encryption", exact=True).select_option(label="None")
    page.get_by_label("User name (optional)").fill(dovecot.new_user())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Remember password").uncheck()
    page.get_by_label("Outgoing server", exact=True).fill("localhost")
    page.get_by_label("Encryption of the outgoing server").select_option(label="None")
    expect(page.get_by_label("User name at the outgoing server")).to_be_hidden()
    page.get_by_label("Log on using", exact=True).check()
    page.get_by_label("User name at the outgoing server").fill("sales.out")
    page.get_by_label("Password at the outgoing server").fill("out")
    page.get_by_text("Advanced").click()
    page.get_by_label("Use default ports").uncheck()
    page.get_by_label("Port", exact=True).fill(str(dovecot.pop3_port))
    page.get_by_label("Port of the outgoing server").fill(str(smtp.port))
    page.get_by_label("Log in even though the connection is not encrypted").check()
    page.get_by_label("Log in to the outgoing server even though").check()


def test_a_team_gets_a_mailbox_by_pop3_that_sends_by_another_logon(
    open_page: Open, looks_right: Looks, alice: User, bob: User, dovecot: Dovecot, smtp: ScriptedSmtp
) -> None:
    sales = make_group("Sales", members=[bob])
    page = open_page("/profile/email/", user=alice)
    page.get_by_role("link", name="New mailbox").first.click()
    page.get_by_label("Email address").fill("sales@localhost.invalid")
    page.get_by_label("Of a team").check()
    page.get_by_role("button", name="Find the servers").click()
    page.get_by_label("Sales").select_option(label="Reads and writes")
    fill_in_both_servers(page, dovecot, smtp)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The server refused the user name or password").first).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Remove from server after some days").check()
    page.get_by_role("spinbutton", name="Days").fill("30")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()
    looks_right(page, "account-team-pop3")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is set up")).to_be_visible()
    looks_right(page, "all-accounts")
    account = account_in_use()
    assert (account.protocol, account.removes_after_days, account.remembers_password) == ("pop3", 30, False)
    assert [(right.group, right.may_write) for right in team_rights_of(account)] == [(sales, True)]
    assert (server_of(account).password.reveal(), outgoing_server_of(account).user_name) == (PASSWORD, "sales.out")
    assert default_account_of(bob) == account
    page.goto(f"/mail-accounts/{account.pk}/password/")
    looks_right(page, "account-password")


def test_mail_files_are_set_up_without_a_script(open_page: Open, alice: User, tmp_path: Path) -> None:
    deliver(tmp_path / "Maildir", make_letter("ann@harbour.example"))
    page = open_page("/profile/email/new/?your_name=Alice&address=alice@localhost.invalid", user=alice, has_script=False)
    page.get_by_label("Server type").select_option(label="Mail files")
    page.get_by_label("Folder of mail files").fill(str(tmp_path / "Maildir"))
    page.get_by_label("Letters are sent by").select_option(label="Nothing is sent")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("These settings work.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is set up")).to_be_visible()
    assert account_in_use().path == str(tmp_path / "Maildir")
