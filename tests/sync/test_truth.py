"""The truth: real letters of a mailing list, scanned, are linked to exactly the customers and leads that a table says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mooring.sync.engine import Engine
from mooring.sync.visit import Visited
from mooring.users.models import User
from servers.dovecot import Dovecot
from sync.mailboxes import Clock, account_of, files_account, fill, with_crlf
from sync.truth import compare, letters_by_folder, make_records, picture, scanned_until_done
from testdata import needs_testdata

pytestmark = [pytest.mark.django_db(transaction=True), needs_testdata, pytest.mark.slow]


@pytest.mark.parametrize(("table", "includes_subdomains"), [("truth_exact.csv", False), ("truth_subdomain.csv", True)])
def test_mail_files_are_linked_to_exactly_whom_the_table_says(
    table: str, includes_subdomains: bool, owner: User, scan: Callable[..., Visited], tmp_path: Path, engine: Engine
) -> None:
    names = make_records(includes_subdomains=includes_subdomains)
    for folder, paths in letters_by_folder().items():
        (tmp_path / "mail" / folder).mkdir(parents=True)
        for path in paths:
            (tmp_path / "mail" / folder / path.name).write_bytes(path.read_bytes())
    account = files_account(owner, tmp_path / "mail", address="bob@aspeedtech.com")
    scanned_until_done(account, scan)
    compare(table, names, account, engine)


@pytest.mark.server
@pytest.mark.parametrize(("table", "includes_subdomains"), [("truth_exact.csv", False), ("truth_subdomain.csv", True)])
def test_letters_on_an_imap_server_are_linked_to_exactly_whom_the_table_says(
    table: str,
    includes_subdomains: bool,
    owner: User,
    scan: Callable[..., Visited],
    dovecot: Dovecot,
    engine: Engine,
    clock: Clock,
) -> None:
    names = make_records(includes_subdomains=includes_subdomains)
    user = dovecot.new_user()
    for folder, paths in sorted(letters_by_folder().items(), reverse=True):
        fill(dovecot, user, [path.read_bytes() for path in paths], folder=folder)
    account = account_of(owner, dovecot.server(user), dovecot.policy, address="bob@aspeedtech.com")
    scanned_until_done(account, scan)
    compare(table, names, account, engine, as_sent=with_crlf)
    before = picture()
    clock.wind(days=2)
    scanned_until_done(account, scan)
    assert picture() == before


@pytest.mark.server
def test_letters_on_a_pop3_server_are_linked_to_exactly_whom_the_table_says(
    owner: User, scan: Callable[..., Visited], dovecot: Dovecot, engine: Engine, clock: Clock
) -> None:
    """POP3 has no folders, so all letters lie in the inbox; those sent are known by their sender."""
    names = make_records(includes_subdomains=False)
    user = dovecot.new_user()
    fill(dovecot, user, [path.read_bytes() for paths in letters_by_folder().values() for path in paths])
    account = account_of(owner, dovecot.server(user, protocol="pop3"), dovecot.policy, address="bob@aspeedtech.com")
    scanned_until_done(account, scan)
    compare("truth_exact.csv", names, account, engine, as_sent=with_crlf)
    before = picture()
    clock.wind(days=2)
    scanned_until_done(account, scan)
    assert picture() == before
