"""The session of a JMAP account: where it is found, what it may name, and how one logs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mail.listings import letter_of
from mooring.mail.connect import open_incoming
from mooring.mail.errors import (
    CommandRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
    PlainLoginRefused,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
)
from mooring.mail.protocols.jmap import JmapMailbox
from mooring.mail.protocols.jmap.session import session_url
from mooring.mail.types import Encryption, Secret, Server
from servers.jmap import ScriptedJmap
from servers.web import Given

RAW = letter_of("answer")


@pytest.mark.parametrize(
    ("server", "url"),
    [
        (Server(protocol="jmap", host="mail.example"), "https://mail.example/.well-known/jmap"),
        (Server(protocol="jmap", host="mail.example", port=443), "https://mail.example/.well-known/jmap"),
        (Server(protocol="jmap", host="mail.example", port=8443), "https://mail.example:8443/.well-known/jmap"),
        (Server(protocol="jmap", host="h", encryption=Encryption.NONE), "http://h/.well-known/jmap"),
        (Server(protocol="jmap", url="https://mail.example"), "https://mail.example/.well-known/jmap"),
        (Server(protocol="jmap", url="https://mail.example/"), "https://mail.example/.well-known/jmap"),
        (Server(protocol="jmap", url="https://api.mail.example/jmap/session"), "https://api.mail.example/jmap/session"),
    ],
)
def test_the_session_is_looked_for_where_it_ought_to_be(server: Server, url: str) -> None:
    assert session_url(server) == url


@pytest.mark.parametrize("path", ["/", "/jmap/session"])
def test_relative_addresses_are_meant_from_where_the_session_was_found(jmap: ScriptedJmap, path: str) -> None:
    letter_id = jmap.deliver(RAW)
    with open_incoming(jmap.server(path), policy=jmap.policy) as mailbox:
        inbox = mailbox.folders()[0]
        assert [letter.raw for letter in mailbox.fetch(inbox, [letter_id])] == [RAW]
    assert jmap.web.asked[-1].one("as") == "message/rfc822"


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"primaryAccounts": {}}, ProtocolViolation),
        ({"primaryAccounts": 7}, ProtocolViolation),
        ({"apiUrl": None}, ProtocolViolation),
        ({"apiUrl": "http://["}, ProtocolViolation),
        ({"accounts": {"a1": 5}}, ProtocolViolation),
    ],
)
def test_sessions_that_say_nothing_usable_are_refused(jmap: ScriptedJmap, part: dict[str, Any], kind: type[MailError]) -> None:
    jmap.session = part
    with pytest.raises(kind):
        open_incoming(jmap.server(), policy=jmap.policy)


@pytest.mark.parametrize(("status", "kind"), [(404, CommandRefused), (429, ServerBusy), (500, ServerUnavailable)])
def test_a_session_that_is_not_to_be_had_becomes_an_error(jmap: ScriptedJmap, status: int, kind: type[MailError]) -> None:
    jmap.altered = lambda asked, given: Given(status, headers={"Retry-After": "600"})
    with pytest.raises(kind):
        open_incoming(jmap.server(), policy=jmap.policy)


def test_an_encrypted_session_leads_to_no_unencrypted_place(jmap: ScriptedJmap, tls_web: Callable[..., Any]) -> None:
    session = {**jmap._session(), "downloadUrl": "http://localhost/{accountId}/{blobId}/{name}?{type}"}
    web, certificate = tls_web(lambda asked: Given.of_json(session))
    server = replace(jmap.server(), url=web.url("/session"), trusted_certificate=certificate)
    with pytest.raises(ProtocolViolation):
        open_incoming(server, policy=jmap.policy)


def test_a_session_elsewhere_is_found_over_https(jmap: ScriptedJmap, tls_web: Callable[..., Any]) -> None:
    session = {**jmap._session(), **{f"{name}Url": f"https://localhost/{name}" for name in ("api", "download", "upload")}}
    there, certificate = tls_web(lambda asked: Given.of_json(session))
    here, _same = tls_web(lambda asked: Given(302, headers={"Location": there.url("/session")}))
    server = replace(jmap.server(), url=here.url(), trusted_certificate=certificate)

    open_incoming(server, policy=jmap.policy).close()

    assert there.asked[0].headers["authorization"].startswith("Basic ")


def test_a_wrong_password_is_refused_and_none_goes_in_the_clear(jmap: ScriptedJmap) -> None:
    with pytest.raises(LoginRefused) as caught:
        open_incoming(replace(jmap.server(), password=Secret("wrong")), policy=jmap.policy)
    assert caught.value.details == {"user": "bob"}
    count = len(jmap.web.asked)
    with pytest.raises(PlainLoginRefused):
        open_incoming(replace(jmap.server(), plain_login_allowed=False), policy=jmap.policy)
    assert len(jmap.web.asked) == count


def test_a_mailbox_that_is_not_open_is_of_no_use(jmap: ScriptedJmap) -> None:
    with pytest.raises(ConnectionLost):
        JmapMailbox(jmap.server(), policy=jmap.policy).folders()
