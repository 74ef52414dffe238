"""Visits of accounts whose passwords are in memory only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import making
from mooring.letters.accounts import AccountData, change_account
from mooring.letters.models import MailAccount
from mooring.letters.passwords import tell_passwords
from mooring.sync.engine import Engine
from mooring.sync.visit import Visited
from mooring.sync.wishes import scan_now
from servers.scripted_imap import ScriptedImap
from sync.mailboxes import Clock, state_of, visit

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_account_whose_password_is_not_remembered_waits_until_it_is_told(
    account: MailAccount, fake: ScriptedImap, engine: Engine, clock: Clock, tmp_path: Path, settings: Any
) -> None:
    settings.MEMORY_FOLDER = tmp_path / "memory"
    data = replace(AccountData.of(account), remembers_password=False)
    change_account(account=account, data=data, by=making.BY_COMMAND, now=clock())
    assert visit(account, engine=engine, clock=clock) is not Visited.FAILED
    (tmp_path / "memory" / "held_passwords_key").unlink()
    assert visit(account, engine=engine, clock=clock) is Visited.FAILED
    state = state_of(account)
    assert (state.error_code, state.is_stopped) == ("password_not_remembered", True)
    account.refresh_from_db()
    tell_passwords(account=account, password=fake.server().password, by=making.BY_COMMAND, now=clock())
    scan_now(account=account, by=making.BY_COMMAND, now=clock())
    assert visit(account, engine=engine, clock=clock) is not Visited.FAILED
    assert (state_of(account).error_code, state_of(account).is_stopped) == ("", False)
