"""Passwords that an account does not remember: in no file and no row that outlives the memory, and asked for when it is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from making import actor
from mooring.letters import held_passwords
from mooring.letters.accounts import (
    AccountData,
    UnableToSaveAccount,
    add_account,
    change_account,
    outgoing_server_of,
    remove_account,
    server_of,
)
from mooring.letters.models import HeldPassword, MailAccount
from mooring.letters.passwords import is_waiting_for_password, tell_passwords
from mooring.mail.errors import PasswordNotRemembered
from mooring.mail.types import Secret
from mooring.users.journal import entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db

DATA = AccountData(your_name="Bob", address="bob@us.example", host="imap.us.example", remembers_password=False)
CANARY = Secret("canary-pass-77")


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, settings: Any) -> Path:
    """The memory of a machine, which can be lost."""
    settings.MEMORY_FOLDER = tmp_path / "memory"
    return tmp_path / "memory"


@pytest.fixture
def account(bob: User, now: datetime) -> MailAccount:
    return add_account(owner=bob, data=DATA, password=CANARY, by=actor(bob), now=now)


def lose(memory: Path) -> None:
    """The machine is started anew."""
    (memory / "held_passwords_key").unlink()
    held_passwords._keys_of_this_process.cache_clear()


def test_it_is_known_as_long_as_the_machine_runs_and_stands_in_no_row(account: MailAccount, memory: Path) -> None:
    assert server_of(account).password == CANARY
    assert bytes(account.password_sealed) == b""
    assert b"canary" not in bytes(HeldPassword.objects.get().sealed)
    assert (memory.stat().st_mode & 0o777, (memory / "held_passwords_key").stat().st_mode & 0o777) == (0o700, 0o600)


def test_all_processes_of_a_machine_know_it(account: MailAccount) -> None:
    held_passwords._keys_of_this_process.cache_clear()
    assert server_of(MailAccount.objects.unscoped("test").get()).password == CANARY


def test_it_is_asked_for_once_the_memory_is_lost(account: MailAccount, memory: Path, bob: User, now: datetime) -> None:
    lose(memory)
    assert is_waiting_for_password(account)
    with pytest.raises(PasswordNotRemembered) as caught:
        server_of(account)
    assert caught.value.details == {"user": "bob@us.example"}
    tell_passwords(account=account, password=CANARY, by=actor(bob), now=now)
    assert server_of(account).password == CANARY
    (told, _added) = entries_about(kind="account", record_id=account.pk)
    assert (told.action, told.changes) == ("password_told", {})


@pytest.mark.parametrize("trouble", ["none", "open to others", "a file"])
def test_without_a_folder_of_its_own_each_process_keeps_it_to_itself(
    bob: User, now: datetime, memory: Path, settings: Any, trouble: str
) -> None:
    if trouble == "none":
        settings.MEMORY_FOLDER = None
    elif trouble == "a file":
        memory.write_text("")
    else:
        memory.mkdir()
        memory.chmod(0o755)  # whatever the umask is
    account = add_account(owner=bob, data=DATA, password=CANARY, by=actor(bob), now=now)
    assert server_of(account).password == CANARY
    held_passwords._keys_of_this_process.cache_clear()
    assert is_waiting_for_password(account)


def test_the_password_of_sending_is_held_too(bob: User, now: datetime, memory: Path) -> None:
    data = replace(
        DATA, outgoing_protocol="smtp", outgoing_host="smtp.us.example", outgoing_login_of="own", outgoing_user_name="out"
    )
    outgoing = Secret("canary-out")
    account = add_account(owner=bob, data=data, password=CANARY, outgoing_password=outgoing, by=actor(bob), now=now)
    assert outgoing_server_of(account).password == outgoing
    assert bytes(account.outgoing_password_sealed) == b""


def test_ticking_remember_later_keeps_the_password_that_is_known(account: MailAccount, bob: User, now: datetime) -> None:
    data = replace(DATA, remembers_password=True)
    changed = change_account(account=account, data=data, by=actor(bob), now=now)
    assert not HeldPassword.objects.exists()
    assert server_of(changed).password == CANARY
    forgetting = change_account(account=changed, data=DATA, by=actor(bob), now=now)
    assert bytes(forgetting.password_sealed) == b""
    assert server_of(forgetting).password == CANARY


def test_a_password_that_nobody_knows_cannot_be_remembered(account: MailAccount, bob: User, memory: Path, now: datetime) -> None:
    lose(memory)
    with pytest.raises(UnableToSaveAccount) as caught:
        change_account(account=account, data=replace(DATA, remembers_password=True), by=actor(bob), now=now)
    assert set(caught.value.problems) == {"password"}


def test_a_held_password_never_follows_to_another_server(account: MailAccount, bob: User, now: datetime) -> None:
    with pytest.raises(UnableToSaveAccount):
        change_account(account=account, data=replace(DATA, host="imap.attacker.example"), by=actor(bob), now=now)


def test_removing_the_account_forgets_it(account: MailAccount, bob: User, now: datetime) -> None:
    remove_account(account=account, by=actor(bob), now=now)
    assert not HeldPassword.objects.exists()
