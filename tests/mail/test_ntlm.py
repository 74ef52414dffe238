"""Secure password authentication: which version of NTLM is spoken, to whom, and that real servers let us in by it."""

from __future__ import annotations

import base64
import logging
import random
from contextlib import suppress
from dataclasses import replace

import pytest
from spnego._ntlm_raw.messages import Authenticate, AvId, Challenge, FileTime, NegotiateFlags, TargetInfo

from mooring.mail.connect import open_incoming
from mooring.mail.errors import LoginDisabled, LoginRefused, PlainLoginRefused, ProtocolViolation, UnusableName
from mooring.mail.ntlm import Ntlm
from mooring.mail.sasl import choose_mechanism
from mooring.mail.types import Login, Secret, Server
from servers.cyrus import Cyrus
from servers.scripted_imap import LOOPBACK, ScriptedImap

BY_SPA = Server(protocol="imap", host="localhost", user_name="anna", password=Secret("harbour-wall"), login=Login.SPA)
OLD = replace(BY_SPA, login=Login.SPA_OLD)
CHALLENGE = Challenge(flags=NegotiateFlags.ntlm | NegotiateFlags.unicode, server_challenge=b"12345678").pack()


def answered(server: Server, challenge: bytes = CHALLENGE) -> Authenticate:
    mechanism = choose_mechanism(server=server, offered={"PLAIN", "LOGIN", "NTLM"})
    assert isinstance(mechanism, Ntlm)
    assert mechanism.first() is None
    first = mechanism.answer(b"ntlm supported")
    assert first is not None
    assert first.startswith(b"NTLMSSP\0\1")
    last = mechanism.answer(challenge)
    assert last is not None
    assert mechanism.answer(b"") is None
    return Authenticate.unpack(last)


@pytest.mark.parametrize("level", ["0", "1", "2", "3", "5"])
def test_the_account_decides_the_version_and_never_the_environment(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    """Guards the private switch of pyspnego on which this rests: 24 bytes are version 1, more are version 2."""
    monkeypatch.setenv("LM_COMPAT_LEVEL", level)

    new, old = answered(BY_SPA).nt_challenge_response, answered(OLD).nt_challenge_response

    assert new is not None
    assert old is not None
    assert len(new) > 24
    assert len(old) == 24


def test_no_answer_of_the_oldest_kind_is_given() -> None:
    old = answered(OLD)

    assert old.lm_challenge_response == old.nt_challenge_response


@pytest.mark.parametrize(
    ("name", "domain", "user"), [("HARBOUR\\anna", "HARBOUR", "anna"), ("anna@harbour.example", None, "anna@harbour.example")]
)
def test_user_names_may_name_their_domain(name: str, domain: str | None, user: str) -> None:
    said = answered(replace(BY_SPA, user_name=name))

    assert (said.domain_name or None, said.user_name) == (domain, user)


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"NTLMSSP\0\2\0\0\0", CHALLENGE[:20], b"NTLMSSP\0\3\0\0\0" + b"\0" * 60])
def test_a_challenge_that_is_none_ends_the_conversation(garbage: bytes) -> None:
    mechanism = Ntlm(BY_SPA)
    mechanism.answer(b"")
    with pytest.raises(ProtocolViolation) as caught:
        mechanism.answer(garbage)
    assert caught.value.details == {"expected": "a challenge of NTLM"}


def test_damaged_challenges_raise_nothing_else() -> None:
    chance = random.Random(7)
    target = TargetInfo({AvId.dns_domain_name: "harbour.example", AvId.timestamp: FileTime.now()})
    whole = Challenge(
        flags=NegotiateFlags.ntlm | NegotiateFlags.target_info, server_challenge=b"12345678", target_info=target
    ).pack()
    for _ in range(500):
        mechanism = Ntlm(BY_SPA)
        mechanism.answer(b"")
        damaged = bytearray(whole[: chance.randrange(12, len(whole) + 1)])
        for _ in range(chance.randrange(6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(ProtocolViolation):
            assert mechanism.answer(bytes(damaged))


def test_a_name_with_a_nul_is_not_used() -> None:
    with pytest.raises(UnusableName):
        Ntlm(replace(BY_SPA, user_name="an\0na"))


def test_an_account_that_wants_spa_never_shows_its_password_instead() -> None:
    assert choose_mechanism(server=BY_SPA, offered={"PLAIN", "LOGIN"}) is None
    assert choose_mechanism(server=replace(BY_SPA, login=Login.NONE), offered={"PLAIN", "NTLM"}) is None
    for capabilities in ("IMAP4rev1 AUTH=PLAIN", "IMAP4rev1"):
        with ScriptedImap(capabilities=capabilities).start().stopping() as fake:
            with pytest.raises(LoginDisabled):
                open_incoming(replace(fake.server(), login=Login.SPA), policy=LOOPBACK)
            assert b"secret" not in bytes(fake.received)
            assert base64.b64encode(b"\0alice\0secret") not in bytes(fake.received)


def test_nothing_is_said_over_an_unencrypted_connection_unless_the_account_insists() -> None:
    with ScriptedImap(capabilities="IMAP4rev1 AUTH=NTLM").start().stopping() as fake:
        with pytest.raises(PlainLoginRefused):
            open_incoming(replace(fake.server(), login=Login.SPA, plain_login_allowed=False), policy=LOOPBACK)
        assert not any(line.startswith(b"AUTHENTICATE") for line in fake.lines)


def test_the_conversation_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answered(OLD)

    assert not caplog.records


@pytest.mark.server
@pytest.mark.parametrize("login", [Login.SPA, Login.SPA_OLD])
def test_cyrus_lets_us_in_by_both_versions(cyrus: Cyrus, login: Login) -> None:
    with open_incoming(replace(cyrus.server(cyrus.new_user()), login=login), policy=LOOPBACK) as mailbox:
        assert mailbox.folders()


@pytest.mark.server
@pytest.mark.parametrize("login", [Login.SPA, Login.SPA_OLD])
def test_cyrus_refuses_a_wrong_password_cleanly(cyrus: Cyrus, login: Login) -> None:
    server = replace(cyrus.server(cyrus.new_user()), login=login, password=Secret("wrong"))
    with pytest.raises(LoginRefused):
        open_incoming(server, policy=LOOPBACK)
