"""Visits of mail files: what arrives, is flagged, moved, gone, or nobody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mooring.customers.models import Contact
from mooring.sync.engine import Engine
from mooring.sync.visit import Visited
from mooring.users.models import User
from sync.mailboxes import (
    deliver,
    digests,
    files_account,
    item_states,
    links,
    make_letter,
    stored,
)

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


def test_a_first_scan_keeps_the_letters_of_customers_byte_for_byte(
    owner: User, carol: Contact, maildir: Path, scan: Scan, engine: Engine
) -> None:
    known = [make_letter(subject="From Carol"), make_letter("owner@harbour.example", subject="From her domain")]
    deliver(maildir, *known, make_letter("stranger@elsewhere.example"))
    account = files_account(owner, maildir)
    assert scan(account) is Visited.DONE
    assert stored(engine.originals) == digests(known)
    assert item_states(account) == {"filed": 2, "skipped": 1}
    assert links() == {("From Carol", "customer_contact"), ("From her domain", "customer_domain")}
