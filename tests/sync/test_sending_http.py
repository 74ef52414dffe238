"""Letters leave through the account's own interface over HTTP, which keeps the copy; one of unknown fate is found there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from letters.making_letters import raw_letter
from letters.making_sign_ins import make_grant, make_provider, tokens
from making import make_customer
from mooring.letters.models import Letter, MailAccount, OutgoingKind, OutgoingState, SentCopy
from mooring.mail.parsing import read_letter
from mooring.mail.types import Login, Server
from mooring.sync.engine import Engine
from mooring.sync.evidence import look_for_evidence
from mooring.sync.sent_copies import keep_copies
from mooring.users.models import User
from servers.gmail import GmailServer
from servers.graph import GraphServer
from servers.jmap import ScriptedJmap
from servers.scripted_imap import LOOPBACK
from servers.web import Asked, Given
from sync.mailboxes import Clock, account_of
from sync.outboxes import answers, now_of, queue, send

pytestmark = pytest.mark.django_db
AnyServer = GraphServer | GmailServer | ScriptedJmap


@pytest.fixture(params=["graph", "gmail", "jmap"])
def server(request: pytest.FixtureRequest) -> AnyServer:
    running: AnyServer = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def account(owner: User, server: AnyServer) -> Iterator[MailAccount]:
    described: Server = server.server()
    made = account_of(owner, described, LOOPBACK, url=described.url, login=described.login.value, outgoing_protocol="same")
    if described.login is Login.TOKEN:
        make_grant(made, make_provider(mail_hosts="localhost"), tokens("token-1"))
    return made


def taken(server: AnyServer) -> list[bytes]:
    """The letters that the server has accepted."""
    if isinstance(server, ScriptedJmap):
        return [server.letters[each["emailId"]].raw for each in server.submissions]
    return server.sent


def losing_answers(server: AnyServer) -> Callable[[Asked, Given], Given]:
    """The connection ends when the server has accepted the letter and says so."""
    count = len(taken(server))

    def lose(asked: Asked, given: Given) -> Given:
        return Given(200, b"x" * 1_000, cut_to=10) if len(taken(server)) > count else given

    return lose


def unaltered(asked: Asked, given: Given) -> Given:
    return given


def test_a_letter_leaves_and_its_copy_is_the_servers(
    account: MailAccount, server: AnyServer, engine: Engine, clock: Clock
) -> None:
    letter = queue(account, engine, clock)

    assert send(account, engine, clock) == 1

    letter = now_of(letter)
    assert (letter.state, letter.sent_copy, letter.error_code) == (OutgoingState.SENT, SentCopy.BY_SERVER, "")
    assert answers(letter) == {"carol@harbour.example": ("accepted", 0)}
    assert [read_letter(raw).header.message_id for raw in taken(server)] == [letter.message_id]
    assert keep_copies(account, engine=engine, clock=clock) == 0


def test_an_answer_stays_in_the_conversation_at_gmail(
    owner: User, gmail: GmailServer, engine: Engine, clock: Clock, scan: Callable[..., Any]
) -> None:
    described = gmail.server()
    account = account_of(owner, described, LOOPBACK, url=described.url, login="token", outgoing_protocol="same")
    make_grant(account, make_provider(mail_hosts="localhost"), tokens("token-1"))
    make_customer("Harbour Ltd", emails=("ann@harbour.example",))
    asked = gmail.mailbox.deliver(raw_letter(to=account.address))
    scan(account)

    queue(account, engine, clock, kind=OutgoingKind.REPLY, answers=Letter.objects.unscoped("a test").get())
    queue(account, engine, clock, kind=OutgoingKind.FORWARD, answers=Letter.objects.unscoped("a test").get())
    assert send(account, engine, clock) == 2

    assert [each.thread_id == asked for each in gmail.mailbox.letters.values()] == [True, True, False]


def test_a_letter_of_unknown_fate_is_found_and_not_sent_again(
    account: MailAccount, server: AnyServer, engine: Engine, clock: Clock
) -> None:
    letter = queue(account, engine, clock)
    server.altered = losing_answers(server)
    send(account, engine, clock)
    assert now_of(letter).state == OutgoingState.UNKNOWN

    server.altered = unaltered
    assert look_for_evidence(account, engine=engine, clock=clock) == 1

    letter = now_of(letter)
    assert (letter.state, letter.sent_copy) == (OutgoingState.SENT, SentCopy.BY_SERVER)
    assert send(account, engine, clock) == 0
    assert len(taken(server)) == 1


def test_a_letter_that_the_server_is_too_busy_for_waits(owner: User, graph: GraphServer, engine: Engine, clock: Clock) -> None:
    described = graph.server()
    data: dict[str, Any] = {"url": described.url, "login": described.login.value, "outgoing_protocol": "same"}
    account = account_of(owner, described, LOOPBACK, **data)
    make_grant(account, make_provider(mail_hosts="localhost"), tokens("token-1"))
    letter = queue(account, engine, clock)
    graph.throttled = ["600"]
    send(account, engine, clock)
    assert now_of(letter).state in (OutgoingState.READY, OutgoingState.FAILED_TEMP)
    assert graph.sent == []

    clock.wind(hours=1)
    send(account, engine, clock)

    assert now_of(letter).state == OutgoingState.SENT
    assert len(graph.sent) == 1
