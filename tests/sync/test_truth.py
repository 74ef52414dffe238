"""The truth: real letters of a mailing list, scanned, are linked to exactly the customers and leads that a table says."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import making
from mooring.customers.editing import DomainData
from mooring.letters.models import Letter, Link, MailAccount
from mooring.letters.options import OWN_DOMAINS
from mooring.options.values import change
from mooring.sync.engine import Engine
from mooring.sync.models import Item
from mooring.sync.visit import Visited
from mooring.users.models import User
from servers.dovecot import Dovecot
from sync.mailboxes import WHY, Clock, account_of, digests, files_account, fill, item_states, stored, with_crlf
from testdata import FOLDER, needs_testdata

pytestmark = [pytest.mark.django_db(transaction=True), needs_testdata, pytest.mark.slow]
Row = tuple[str, str, str, str, str]


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / "crm" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_records(*, includes_subdomains: bool) -> dict[tuple[str, int], str]:
    """The customers, leads and contacts of the table; (kind, our id) -> their id."""
    records = {}
    for row in _rows("customers.csv"):
        domains = tuple(DomainData(domain=domain, includes_subdomains=includes_subdomains) for domain in row["domains"].split())
        emails = (row["email"],) if row["email"] else ()
        records[row["id"]] = making.make_customer(row["name"], emails=emails, domains=domains)
    for row in _rows("leads.csv"):
        records[row["id"]] = making.make_lead(row["name"], emails=(row["email"],) if row["email"] else ())
    for row in _rows("contacts.csv"):
        making.make_contact(row["name"], at=(records[row["parent_id"]],), emails=(row["email"],))
    change(OWN_DOMAINS, ("aspeedtech.com",), by=making.BY_COMMAND, now=making.NOW)
    return {(record._meta.model_name, record.pk): name for name, record in records.items()}


def letters_by_folder() -> dict[str, list[Path]]:
    folders: dict[str, list[Path]] = {}
    for row in _rows("letters.csv"):
        folders.setdefault(row["folder"], []).append(FOLDER / "threads" / row["letter"])
    return folders


def expected(name: str) -> set[Row]:
    """(Message-ID, kind, record, rule, address) of every link in a table."""
    ids = {row["letter"]: row["message_id"].strip("<>") for row in _rows("letters.csv")}
    rows = [row for row in _rows(name) if row["kind"]]
    return {(ids[row["letter"]], row["kind"], row["id"], row["rule"], row["address"]) for row in rows}


def made(names: dict[tuple[str, int], str]) -> set[Row]:
    return {
        (
            link.letter.message_id,
            "customer" if link.customer_id else "lead",
            names["customer" if link.customer_id else "lead", link.customer_id or link.lead_id],
            link.rule,
            link.matched_address,
        )
        for link in Link.objects.select_related("letter")
    }


def scanned_until_done(account: MailAccount, scan: Callable[..., Visited]) -> None:
    for _round in range(5):
        if scan(account) is Visited.DONE:
            return
    pytest.fail("five visits did not suffice")


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
    _compare(table, names, account, engine)


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
    _compare(table, names, account, engine, as_sent=with_crlf)
    before = _picture()
    clock.wind(days=2)
    scanned_until_done(account, scan)
    assert _picture() == before


def _compare(
    table: str, names: dict[tuple[str, int], str], account: MailAccount, engine: Engine, as_sent: Callable[[bytes], bytes] = bytes
) -> None:
    wanted = expected(table)
    assert {row[:4] for row in made(names)} == {row[:4] for row in wanted}
    linked = {row[0] for row in wanted}
    assert item_states(account) == {"filed": len(linked), "skipped": 580 - len(linked)}
    kept = Letter.objects.unscoped(WHY)
    assert set(kept.values_list("message_id", flat=True)) == linked
    by_id = {row["message_id"].strip("<>"): FOLDER / "threads" / row["letter"] for row in _rows("letters.csv")}
    assert stored(engine.originals) == digests(as_sent(by_id[name].read_bytes()) for name in linked)


def _picture() -> list[object]:
    """Everything that a second scan must leave as it is."""
    letters = Letter.objects.unscoped(WHY).order_by("pk").values_list("pk", "fingerprint", "thread_id")
    links = Link.objects.order_by("pk").values_list("pk", "letter_id", "rule", "removed_at")
    items = Item.objects.order_by("pk").values_list("pk", "state", "epoch", "server_id", "delivery_id", "attempts")
    return [list(letters), list(links), list(items)]
