"""Requests to the Gmail API: letters fifty at a time, limits in all their forms, tokens, and batches that break the rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mail.listings import Rows, letter_of
from mooring.mail.connect import open_incoming
from mooring.mail.contract import Incoming
from mooring.mail.errors import (
    CommandRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.protocols.gmail.mailbox import GmailMailbox
from mooring.mail.protocols.gmail.requests import PUBLIC_URL, Gmail, Small
from mooring.mail.types import Folder, Server
from servers.gmail import ME, GmailServer, Refused
from servers.web import Given

RAW = letter_of("answer")
ALL = Folder(path="[Gmail]/All Mail", wire_name="ALL_MAIL", special_use="all")
PART = b"--b\r\nContent-Type: application/http\r\nContent-ID: <response-0>\r\n\r\n"


@pytest.fixture
def mailbox(gmail: GmailServer) -> Iterator[Incoming]:
    with open_incoming(gmail.server(), policy=gmail.policy) as opened:
        yield opened


@pytest.fixture
def slept(mailbox: Incoming) -> list[float]:
    """How long the client would have slept, which it does not."""
    pauses: list[float] = []
    assert isinstance(mailbox, GmailMailbox)
    mailbox._gmail._sleep = mailbox._gmail.client._sleep = pauses.append
    return pauses


def of_batch(body: bytes, *, kind: str = "multipart/mixed; boundary=b") -> Given:
    return Given(200, body, {"Content-Type": kind})


def test_letters_come_fifty_in_a_request_and_byte_for_byte(gmail: GmailServer, mailbox: Incoming) -> None:
    raws = [letter_of(str(number)) + bytes(range(256)) * 20 + b"\r\n--batch_foobarbaz\r\n" for number in range(120)]
    ids = [gmail.mailbox.deliver(raw) for raw in raws]
    before = len(gmail.web.asked)

    assert [letter.raw for letter in mailbox.fetch(ALL, ids)] == raws
    assert [asked.body.count(b"Content-ID") for asked in gmail.web.asked[before:]] == [50, 50, 20]


def test_headers_are_cut_out_of_letters(gmail: GmailServer, mailbox: Incoming) -> None:
    ids = [gmail.mailbox.deliver(letter_of("large", size=500_000)), gmail.mailbox.deliver(b"Subject: only a head\r\n")]

    assert [head.raw for head in mailbox.headers(ALL, ids)] == [
        letter_of("large").partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
        b"Subject: only a head\r\n",
    ]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (of_batch(PART + b'HTTP/1.1 200 OK\r\n\r\n{"id": "a", "raw": "!!!"}\r\n--b--'), ProtocolViolation),
        (of_batch(PART + b'HTTP/1.1 200 OK\r\n\r\n{"id": "a"}\r\n--b--'), ProtocolViolation),
        (of_batch(PART + b'HTTP/1.1 200 OK\r\n\r\n{"raw": "YQ'), ProtocolViolation),
        (of_batch(PART + b"nonsense\r\n\r\n\r\n--b--"), ProtocolViolation),
        (of_batch(b"--b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n--b--"), ProtocolViolation),
        (of_batch(b"--b--"), ProtocolViolation),
        (of_batch(b"{}", kind="application/json"), ProtocolViolation),
        (of_batch(PART + b'HTTP/1.1 403 No\r\n\r\n{"error": {"errors": [7]}}\r\n--b--'), CommandRefused),
        (of_batch(PART + b"HTTP/1.1 500 Oh\r\n\r\n<html>\r\n--b--"), ServerUnavailable),
        (Given(500), ServerUnavailable),
        (Given(200, b"x" * 100, {"Content-Type": "multipart/mixed; boundary=b"}, cut_to=50), ConnectionLost),
    ],
)
def test_batches_that_break_the_rules_hand_on_nothing(
    gmail: GmailServer, mailbox: Incoming, body: Given, kind: type[MailError]
) -> None:
    letter_id = gmail.mailbox.deliver(RAW)
    gmail.alter("/batch/gmail/v1", body)

    with pytest.raises(kind):
        list(mailbox.fetch(ALL, [letter_id]))


# -- limits --------------------------------------------------------------------------------------------------------------

FAST = [(429, "rateLimitExceeded"), (403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (503, "backendError")]


@pytest.mark.parametrize("refusal", FAST)
def test_who_is_too_fast_waits_and_asks_again(
    gmail: GmailServer, mailbox: Incoming, slept: list[float], refusal: tuple[int, str]
) -> None:
    letter_id = gmail.mailbox.deliver(RAW)
    gmail.throttled = [refusal] * 2

    assert Rows(mailbox, ALL).visit() == [letter_id]
    assert slept == [1, 2]


@pytest.mark.parametrize("refusal", FAST[:3])
def test_who_is_too_fast_again_and_again_comes_back_later(
    gmail: GmailServer, mailbox: Incoming, slept: list[float], refusal: tuple[int, str]
) -> None:
    gmail.throttled = [refusal] * 4

    with pytest.raises(ServerBusy):
        Rows(mailbox, ALL).visit()
    assert slept == [1, 2, 4]


@pytest.mark.parametrize("reason", ["dailyLimitExceeded", "quotaExceeded"])
def test_a_limit_that_lasts_is_not_waited_for(gmail: GmailServer, mailbox: Incoming, slept: list[float], reason: str) -> None:
    gmail.throttled = [(403, reason)]

    with pytest.raises(ServerBusy) as caught:
        Rows(mailbox, ALL).visit()
    assert caught.value.retry_after == timedelta(hours=1)
    assert caught.value.server_said == f"{reason}."
    assert slept == []


def test_parts_of_a_batch_that_were_too_fast_are_asked_again_alone(
    gmail: GmailServer, mailbox: Incoming, slept: list[float]
) -> None:
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(3)]
    gmail.throttled_parts = [(429, "rateLimitExceeded"), (403, "userRateLimitExceeded")]

    assert [letter.server_id for letter in mailbox.fetch(ALL, ids)] == ids
    assert [asked.body.count(b"Content-ID") for asked in gmail.web.asked if asked.path.startswith("/batch")] == [3, 2]
    assert slept == [1]


def test_a_batch_that_is_too_fast_for_ever_is_given_up(gmail: GmailServer, mailbox: Incoming, slept: list[float]) -> None:
    letter_id = gmail.mailbox.deliver(RAW)
    gmail.alter("/batch/gmail/v1", of_batch(PART + b"HTTP/1.1 429 Slow\r\n\r\n{}\r\n--b--"))

    with pytest.raises(ServerBusy):
        list(mailbox.fetch(ALL, [letter_id]))
    assert slept == [1, 2, 4, 8]


# -- tokens and addresses ------------------------------------------------------------------------------------------------


def test_an_expired_token_is_renewed_once(gmail: GmailServer, mailbox: Incoming) -> None:
    gmail.tokens.expire()

    assert Rows(mailbox, ALL).visit() == []
    assert gmail.tokens.renewals == 1


def test_of_two_that_are_refused_at_once_one_renews(gmail: GmailServer, mailbox: Incoming) -> None:
    assert isinstance(mailbox, GmailMailbox)
    client = mailbox._gmail.client
    gmail.tokens.expire()

    def another_thread_was_first(given: Given) -> Given:
        if given.status == 401:
            client._renewed("Bearer token-1")
        return given

    gmail.alter("", another_thread_was_first)
    assert mailbox.folders()
    assert gmail.tokens.renewals == 1


def test_a_token_that_is_refused_twice_is_a_refused_login(gmail: GmailServer, mailbox: Incoming) -> None:
    gmail.alter("", Refused(401, "authError").given)

    with pytest.raises(LoginRefused):
        mailbox.folders()


def test_the_public_address_is_meant_where_no_other_is_named(gmail: GmailServer) -> None:
    requests = Gmail(Server(protocol="gmail"), policy=gmail.policy)
    assert requests.url == PUBLIC_URL
    requests.close()


def test_no_requests_need_no_batch(gmail: GmailServer, mailbox: Incoming) -> None:
    assert isinstance(mailbox, GmailMailbox)
    before = len(gmail.web.asked)
    assert list(mailbox._gmail.batch([], command="x")) == []
    assert len(gmail.web.asked) == before
    assert [answer.status for answer in mailbox._gmail.batch([Small("GET", f"{ME}/nowhere")], command="x")] == [404]
