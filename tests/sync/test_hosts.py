"""What the worker remembers of servers: whether the last connection was an answer."""

from __future__ import annotations

from typing import cast

import pytest

from mooring.mail.contract import Incoming
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import ConnectionLost, LoginRefused, MailError, NameNotFound, NoAnswer, PortClosed, ServerBusy
from mooring.mail.types import Server
from mooring.sync.hosts import HostMemory, host_of
from mooring.sync.schedule import Hosts

SERVER = Server(protocol="imap", host="imap.quay.example")


def connect(memory: HostMemory, error: MailError | None) -> None:
    """One connection that succeeds, or fails with the error."""

    def opening(server: Server, *, policy: EgressPolicy) -> Incoming:
        if error is not None:
            raise error
        return cast(Incoming, object())

    memory.connecting(opening)(SERVER, policy=EgressPolicy())


def test_a_server_is_unknown_at_first() -> None:
    assert HostMemory().seen() == Hosts()


def test_a_connection_is_an_answer() -> None:
    memory = HostMemory()
    connect(memory, None)
    assert memory.seen() == Hosts(answered={SERVER.host})


@pytest.mark.parametrize("error", [NoAnswer(), PortClosed(), ConnectionLost(), NameNotFound()])
def test_a_server_that_cannot_be_reached_is_silent_until_it_answers_again(error: MailError) -> None:
    memory = HostMemory()
    connect(memory, None)
    with pytest.raises(type(error)):
        connect(memory, error)
    assert memory.seen() == Hosts(silent={SERVER.host})
    connect(memory, None)
    assert memory.seen() == Hosts(answered={SERVER.host})


@pytest.mark.parametrize("error", [LoginRefused(), ServerBusy()])
def test_a_refusal_is_an_answer(error: MailError) -> None:
    memory = HostMemory()
    with pytest.raises(type(error)):
        connect(memory, error)
    assert memory.seen() == Hosts(answered={SERVER.host})


def test_accounts_over_http_are_told_apart_by_their_address() -> None:
    assert [host_of("a.example", ""), host_of("", "https://a.example/jmap"), host_of("", "")] == [
        "a.example",
        "https://a.example/jmap",
        "",
    ]
