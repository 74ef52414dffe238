"""The truth over HTTP: the same letters on JMAP, Graph and Gmail servers are linked to exactly whom the table says.

And over all protocols of one server: whichever way a mailbox is read, its letters and links are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from letters.making_sign_ins import make_grant, make_provider, tokens
from mooring.letters.models import Delivery, Letter, Link, MailAccount
from mooring.letters.originals import Originals
from mooring.mail.types import Server
from mooring.sync.engine import Engine
from mooring.sync.visit import Visited
from mooring.users.models import User
from servers.cyrus import Cyrus, OtherClient
from servers.gmail import GmailServer
from servers.graph import GraphServer
from servers.scripted_imap import LOOPBACK
from sync.mailboxes import WHY, Clock, account_of, stored, with_crlf
from sync.truth import compare, letters_by_folder, make_records, picture, scanned_until_done
from testdata import needs_testdata

pytestmark = [pytest.mark.django_db(transaction=True), needs_testdata, pytest.mark.slow]
ADDRESS = "bob@aspeedtech.com"
Scan = Callable[..., Visited]


def letters() -> dict[str, list[bytes]]:
    return {folder: [with_crlf(path.read_bytes()) for path in paths] for folder, paths in letters_by_folder().items()}


@pytest.fixture(params=[False, True], ids=["exact", "subdomain"])
def includes_subdomains(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def is_told(includes_subdomains: bool, scan: Scan, engine: Engine, clock: Clock) -> Callable[[MailAccount], None]:
    """is_told(account): the account's letters are linked as the table says, and stay so after a full comparison."""
    names = make_records(includes_subdomains=includes_subdomains)

    def check(account: MailAccount) -> None:
        scanned_until_done(account, scan)
        compare("truth_subdomain.csv" if includes_subdomains else "truth_exact.csv", names, account, engine, as_sent=with_crlf)
        before = picture()
        clock.wind(days=2)
        scanned_until_done(account, scan)
        assert picture() == before

    return check


def account_over_http(owner: User, server: Server, **data: Any) -> MailAccount:
    account = account_of(owner, server, LOOPBACK, address=ADDRESS, url=server.url, login=server.login.value, user_name="", **data)
    make_grant(account, make_provider(mail_hosts="localhost"), tokens("token-1"))
    return account


def test_letters_on_a_graph_server_are_linked_to_exactly_whom_the_table_says(
    owner: User, is_told: Callable[[MailAccount], None]
) -> None:
    graph = GraphServer()
    for folder, raws in letters().items():
        folder_id = {"INBOX": "AQMk-inbox=", "Sent": "AQMk-sentitems="}.get(folder) or graph.mailbox.add_folder(folder)
        for raw in raws:
            graph.mailbox.deliver(folder_id, raw)
    with graph.web.running():
        is_told(account_over_http(owner, graph.server()))


def test_letters_on_a_gmail_server_are_linked_to_exactly_whom_the_table_says(
    owner: User, is_told: Callable[[MailAccount], None]
) -> None:
    gmail = GmailServer()
    for folder, raws in letters().items():
        labels = {"INBOX": ["INBOX", "UNREAD"], "Sent": ["SENT"]}.get(folder) or [gmail.mailbox.add_label(folder)]
        for raw in raws:
            gmail.mailbox.deliver(raw, labels=labels)
    with gmail.web.running():
        is_told(account_over_http(owner, gmail.server()))


def cyrus_user(cyrus: Cyrus, folders: dict[str, list[bytes]], clock: Clock) -> str:
    user = cyrus.new_user()
    with OtherClient(cyrus, user) as client:
        for folder, raws in folders.items():
            name = folder if folder == "INBOX" else f"INBOX.{folder}"
            if folder not in ("INBOX", "Sent"):
                client.do(f'CREATE "{name}"')
            client.append(name, raws, first_at=clock())
    return user


@pytest.mark.server
def test_letters_on_a_jmap_server_are_linked_to_exactly_whom_the_table_says(
    owner: User, is_told: Callable[[MailAccount], None], cyrus: Cyrus, clock: Clock
) -> None:
    server = cyrus.jmap_server(cyrus_user(cyrus, letters(), clock))
    is_told(account_of(owner, server, LOOPBACK, address=ADDRESS, url=server.url))


# -- one mailbox, three ways ---------------------------------------------------------------------------------------------


@pytest.fixture
def three_ways(owner: User, cyrus: Cyrus, clock: Clock) -> Sequence[MailAccount]:
    """The inbox of one mailbox on Cyrus with every letter of the table, as accounts by IMAP, POP3 and JMAP."""
    make_records(includes_subdomains=True)
    user = cyrus_user(cyrus, {"INBOX": [raw for raws in letters().values() for raw in raws]}, clock)
    servers = (cyrus.server(user), cyrus.server(user, protocol="pop3"), cyrus.jmap_server(user))
    return [account_of(owner, server, LOOPBACK, address=ADDRESS, url=server.url) for server in servers]


@pytest.mark.server
def test_whichever_way_a_mailbox_is_read_its_letters_and_links_are_the_same(
    three_ways: Sequence[MailAccount], scan: Scan, engine: Engine
) -> None:
    pictures = []
    for account in three_ways:
        scanned_until_done(account, scan)
        pictures.append(_archive(engine.originals))
        here = Delivery.objects.filter(account=account)
        assert here.count() == len(set(here.values_list("letter_id", flat=True))) == Letter.objects.unscoped(WHY).count()

    assert pictures[0] == pictures[1] == pictures[2]
    assert len(pictures[0][0]) > 100


def _archive(originals: Originals) -> tuple[list[Any], list[Any], Any]:
    """The letters, their links and their bytes, wherever they lie."""
    kept = Letter.objects.unscoped(WHY).order_by("pk").values_list("pk", "fingerprint", "thread_id", "message_id", "subject")
    links = Link.objects.order_by("letter_id", "customer_id", "lead_id")
    return (
        list(kept),
        list(links.values_list("letter_id", "customer_id", "lead_id", "rule", "matched_address")),
        stored(originals),
    )
