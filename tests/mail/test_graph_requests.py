"""Requests to Microsoft Graph: letters four at a time, throttling, batches, tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mail.listings import Rows, letter_of
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import (
    CommandRefused,
    ConnectionLost,
    LoginRefused,
    PlainLoginRefused,
    ProtocolViolation,
    ServerBusy,
    SignInAgain,
    UnusableName,
)
from mooring.mail.protocols.graph.requests import PUBLIC_URL, Graph, Small
from mooring.mail.types import Folder, Server
from servers.graph import GraphServer
from servers.web import Given

RAW = letter_of("answer")


@pytest.fixture
def mailbox(graph: GraphServer) -> Iterator[Incoming]:
    with open_incoming(graph.server(), policy=graph.policy) as opened:
        yield opened


@pytest.fixture
def inbox(mailbox: Incoming) -> Folder:
    return mailbox.folders()[0]


# -- letters -------------------------------------------------------------------------------------------------------------


def test_letters_come_four_at_a_time_and_never_five(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    raws = [letter_of(str(number)) for number in range(32)]
    ids = [graph.mailbox.deliver(inbox.wire_name, raw) for raw in raws]
    four = threading.Barrier(4, timeout=20)

    def wait_for_others(given: Given) -> Given:
        four.wait()
        return given

    graph.alter("$value", wait_for_others)

    assert [letter.raw for letter in mailbox.fetch(inbox, ids)] == raws
    assert graph.web.most_at_once == 4


def test_of_large_letters_only_the_beginning_is_read_for_a_header(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    raw = letter_of("large", size=20_000_000)
    ids = [graph.mailbox.deliver(inbox.wire_name, raw), graph.mailbox.deliver(inbox.wire_name, RAW)]

    heads = {head.server_id: head.raw for head in mailbox.headers(inbox, ids)}

    assert heads == {ids[0]: raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", ids[1]: RAW.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"}


def test_a_letter_that_is_cut_is_not_handed_on(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number), size=5_000)) for number in range(2)]
    graph.alter("$value", lambda given: replace(given, cut_to=1_000))

    with pytest.raises(ConnectionLost):
        list(mailbox.fetch(inbox, ids))


def test_a_refusal_to_hand_out_a_letter_is_raised(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    graph.alter("$value", Given.of_json({"error": {"code": "ErrorAccessDenied"}}, status=403))

    for ask in (mailbox.fetch, mailbox.headers):
        with pytest.raises(CommandRefused):
            list(ask(inbox, [letter_id]))


# -- throttling and tokens -----------------------------------------------------------------------------------------------


def test_a_short_pause_is_kept_and_a_long_one_left_to_the_next_visit(
    graph: GraphServer, mailbox: Incoming, inbox: Folder
) -> None:
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    graph.throttled = ["0", "0"]
    assert Rows(mailbox, inbox).visit() == [letter_id]

    graph.throttled = ["600"]
    with pytest.raises(ServerBusy) as caught:
        Rows(mailbox, inbox).visit()
    assert caught.value.retry_after == timedelta(seconds=600)


def test_who_is_throttled_again_and_again_gives_up(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    graph.throttled = ["0"] * 4
    with pytest.raises(ServerBusy):
        Rows(mailbox, inbox).visit()


def test_throttled_parts_of_a_batch_are_asked_again(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number))) for number in range(25)]
    rows = Rows(mailbox, inbox)
    rows.visit()
    for letter_id in ids:
        graph.mailbox.read(letter_id)
    graph.page_cap = 25
    busy = {"id": "0", "status": 429, "headers": {"Retry-After": "0"}}

    def throttle_first(given: Given) -> Given:
        responses = [each for each in json.loads(given.body)["responses"] if each["id"] != "0"]
        return Given.of_json({"responses": [*responses, busy]})

    graph.alter("$batch", throttle_first, times=2)
    rows.visit()

    assert all(rows.flags[letter_id] == {"\\Seen"} for letter_id in ids)


@pytest.mark.parametrize(("wait", "times"), [("600", 1), ("0", 9)])
def test_a_batch_that_is_throttled_for_long_is_given_up(graph: GraphServer, mailbox: Incoming, wait: str, times: int) -> None:
    busy = [{"id": str(place), "status": 429, "headers": {"Retry-After": wait}} for place in range(6)]
    graph.alter("$batch", Given.of_json({"responses": busy}), times=times)

    with pytest.raises(ServerBusy) as caught:
        mailbox.folders()
    assert caught.value.retry_after == timedelta(seconds=int(wait))


def test_a_throttled_batch_without_a_time_is_waited_for_a_little(graph: GraphServer) -> None:
    slept: list[float] = []
    requests = Graph(graph.server(), policy=graph.policy, sleep=slept.append)
    answers = [[{"id": "0", "status": 503}], [{"id": "0", "status": 204}]]
    graph.altered = lambda asked, given: Given.of_json({"responses": answers.pop(0)})

    assert requests.batch([Small("GET", "/me")], command="x")[0].status == 204
    assert slept == [2.5]
    requests.close()


def test_a_batch_that_leaves_out_an_answer_breaks_the_rules(graph: GraphServer, mailbox: Incoming) -> None:
    graph.alter("$batch", Given.of_json({"responses": []}))

    with pytest.raises(ProtocolViolation):
        mailbox.folders()


def test_an_expired_token_is_renewed_once_for_all(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number))) for number in range(8)]
    graph.tokens.expire()

    assert len(list(mailbox.fetch(inbox, ids))) == 8
    assert graph.tokens.renewals == 1


def test_a_token_that_is_refused_twice_is_a_refused_login(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    graph.tokens.expire()
    graph.tokens.expire()
    graph.alter("", Given.of_json({"error": {"code": "InvalidAuthenticationToken"}}, status=401))

    with pytest.raises(LoginRefused) as caught:
        mailbox.folders()
    assert caught.value.details == {"user": "bob@mooring.example"}
    assert graph.tokens.renewals == 1


def test_a_permission_that_was_withdrawn_asks_its_person(graph: GraphServer, mailbox: Incoming) -> None:
    graph.tokens.expire()
    graph.tokens.is_gone = True

    with pytest.raises(SignInAgain):
        mailbox.folders()


def test_no_token_goes_over_an_open_connection_unless_the_account_insists(graph: GraphServer) -> None:
    careful = replace(graph.server(), plain_login_allowed=False)
    with pytest.raises(PlainLoginRefused):
        open_incoming(careful, policy=graph.policy)
    assert graph.web.asked == []


def test_an_account_without_a_token_cannot_log_in(graph: GraphServer) -> None:
    with pytest.raises(LoginRefused):
        open_incoming(replace(graph.server(), token=None), policy=graph.policy)


def test_the_public_address_is_meant_where_no_other_is_named(graph: GraphServer) -> None:
    requests = Graph(Server(protocol="graph"), policy=graph.policy)
    assert requests.address("/me") == f"{PUBLIC_URL}/me"
    requests.close()


@pytest.mark.parametrize("url", ["nonsense", "ftp://localhost/", "http://localhost:99999/", "http:///x"])
def test_an_address_that_is_none_is_told(graph: GraphServer, url: str) -> None:
    with pytest.raises(UnusableName):
        open_incoming(replace(graph.server(), url=url), policy=graph.policy)
