"""Customers, leads and contacts of a table, the letters of a mailing list, and who is to be linked to which of them."""

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
from sync.mailboxes import WHY, digests, item_states, stored
from testdata import FOLDER

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
    """The files of all letters, by the folder that they lie in."""
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
    """(Message-ID, kind, record, rule, address) of every link in the archive."""
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
    """Visit the account until nothing waits."""
    for _round in range(5):
        if scan(account) is Visited.DONE:
            return
    pytest.fail("five visits did not suffice")


def compare(
    table: str, names: dict[tuple[str, int], str], account: MailAccount, engine: Engine, as_sent: Callable[[bytes], bytes] = bytes
) -> None:
    """The archive holds exactly the letters of the table, byte for byte, with exactly its links."""
    wanted = expected(table)
    assert {row[:4] for row in made(names)} == {row[:4] for row in wanted}
    linked = {row[0] for row in wanted}
    assert item_states(account) == {"filed": len(linked), "skipped": 580 - len(linked)}
    kept = Letter.objects.unscoped(WHY)
    assert set(kept.values_list("message_id", flat=True)) == linked
    by_id = {row["message_id"].strip("<>"): FOLDER / "threads" / row["letter"] for row in _rows("letters.csv")}
    assert stored(engine.originals) == digests(as_sent(by_id[name].read_bytes()) for name in linked)


def picture() -> list[object]:
    """Everything that a second scan must leave as it is."""
    letters = Letter.objects.unscoped(WHY).order_by("pk").values_list("pk", "fingerprint", "thread_id")
    links = Link.objects.order_by("pk").values_list("pk", "letter_id", "rule", "removed_at")
    items = Item.objects.order_by("pk").values_list("pk", "state", "epoch", "server_id", "delivery_id", "attempts")
    return [list(letters), list(links), list(items)]
