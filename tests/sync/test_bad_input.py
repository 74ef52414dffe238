"""Bad input through the whole engine: what is hostile, enormous or strange on a real server is archived byte for byte."""

from __future__ import annotations

import imaplib  # noqa: TID251 - the witness must not be our own client
import random
from collections.abc import Callable, Iterable, Iterator

import pytest

from mail.collected import letters as collected_letters
from mooring.customers.models import Contact
from mooring.letters.models import Delivery, Letter, MailAccount, Original
from mooring.sync.engine import Engine
from mooring.sync.health import health_of_account
from mooring.sync.visit import Visited
from mooring.users.models import User
from servers.dovecot import PASSWORD, Dovecot
from sync.mailboxes import (
    WHY,
    Clock,
    account_of,
    digests,
    fill,
    item_states,
    make_letter,
    stored,
)
from testdata import needs_testdata

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]
Scan = Callable[..., Visited]


@pytest.fixture
def scanned(owner: User, carol: Contact, dovecot: Dovecot, scan: Scan) -> Callable[[Iterable[bytes]], MailAccount]:
    """scanned(letters) is an account whose mailbox held these letters, after visits until nothing waited any more."""

    def put_and_scan(letters: Iterable[bytes]) -> MailAccount:
        user = dovecot.new_user()
        fill(dovecot, user, list(letters))
        account = account_of(owner, dovecot.server(user), dovecot.policy, is_main=True)
        while scan(account) is Visited.MORE:
            pass
        return account

    return put_and_scan


def _nested(depth: int) -> bytes:
    openings = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return make_letter(subject="Deep").partition(b"\r\n\r\n")[0] + b"\r\n" + b"".join(openings) + b"\r\ndeep words\r\n"


def _of_parts(count: int) -> bytes:
    head = make_letter(subject="Many", headers="Content-Type: multipart/mixed; boundary=b\r\n").partition(b"\r\n\r\n")[0]
    return head + b"\r\n\r\n" + b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n"


def _of_size(size: int) -> bytes:
    block = random.Random(size).randbytes(1 << 16).hex()
    lines = "\r\n".join(block[start : start + 72] for start in range(0, len(block), 72))
    raw = make_letter(subject="Large", body="\r\n".join([lines] * (size // len(lines) + 1)))
    return raw[: size - 2] + b"\r\n"


def test_enormous_letters_are_archived_byte_for_byte_among_others(
    scanned: Callable[[Iterable[bytes]], MailAccount], engine: Engine, clock: Clock
) -> None:
    letters = [make_letter(), _of_size(50_000_000), _nested(10_000), _of_parts(100_000), make_letter()]
    account = scanned(letters)
    assert stored(engine.originals) == digests(letters)
    assert (item_states(account), health_of_account(account, now=clock.now).light) == ({"filed": 5}, "good")
    defects = dict(Letter.objects.unscoped(WHY).values_list("subject", "defects"))
    assert ("too-deep" in defects["Deep"], "too-many-parts" in defects["Many"]) == (True, True)


@needs_testdata
@pytest.mark.slow
def test_all_collected_letters_come_out_of_the_archive_as_the_server_had_them(
    scanned: Callable[[Iterable[bytes]], MailAccount], dovecot: Dovecot, engine: Engine, clock: Clock
) -> None:
    letters = [raw for name, raw in collected_letters() if name.startswith("mail/") and raw]
    account = scanned(letters)
    assert (item_states(account), health_of_account(account, now=clock.now).light) == ({"filed": len(letters)}, "good")
    on_server = digests(_as_another_client_sees_them(dovecot, account.user_name))
    kept = digests(engine.originals.read(row) for row in Original.objects.all())
    assert (set(kept), Delivery.objects.count(), sum(on_server.values())) == (set(on_server), len(letters), len(letters))
    assert set(stored(engine.originals)) <= set(kept), "a letter that came in two versions shows the first"


def _as_another_client_sees_them(dovecot: Dovecot, user: str) -> Iterator[bytes]:
    with imaplib.IMAP4("localhost", dovecot.imap_port) as client:
        client.login(user, PASSWORD)
        client.select("INBOX", readonly=True)
        _status, found = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
        yield from (each[1] for each in found if isinstance(each, tuple))
