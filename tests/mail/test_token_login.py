"""Logging in with tokens: the right strings, the right answer to a refusal, one renewal and one more try."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from mooring.mail.connect import open_incoming, open_outgoing
from mooring.mail.contract import Incoming
from mooring.mail.errors import LoginDisabled, LoginRefused, ServerBusy, SignInAgain, TokenRefused, UnusableName
from mooring.mail.sasl import choose_mechanism
from mooring.mail.token_login import GivenToken, OAuthBearer, XOAuth2, log_in_with_token
from mooring.mail.types import Login, Secret, Server
from servers.authorization import Token
from servers.dovecot import Dovecot
from servers.identity_provider import IdentityProvider
from servers.scripted_imap import LOOPBACK, ScriptedImap
from servers.scripted_smtp import ScriptedSmtp

SERVER = Server(
    "imap", "imap.example.org", 993, user_name="anna@example.org", login=Login.TOKEN, token=GivenToken(Secret("T0ken"))
)


@dataclass
class Tokens:
    """A token source that counts what is asked of it."""

    first: str
    second: str = ""
    refused: list[str] = field(default_factory=list)

    def current(self) -> Secret:
        return Secret(self.first)

    def renewed(self, refused: Secret) -> Secret:
        self.refused.append(refused.reveal())
        if not self.second:
            raise SignInAgain(provider="Test")
        return Secret(self.second)


# -- strings -------------------------------------------------------------------------------------------------------------


def test_xoauth2_says_user_and_token() -> None:
    assert XOAuth2(SERVER).first() == b"user=anna@example.org\x01auth=Bearer T0ken\x01\x01"


def test_oauthbearer_says_user_host_port_and_token() -> None:
    assert OAuthBearer(SERVER).first() == (
        b"n,a=anna@example.org,\x01host=imap.example.org\x01port=993\x01auth=Bearer T0ken\x01\x01"
    )


def test_signs_of_the_gs2_header_are_written_otherwise_in_a_user_name() -> None:
    first = OAuthBearer(replace(SERVER, user_name="a,b=c")).first() or b""
    assert first.startswith(b"n,a=a=2Cb=3Dc,\x01")


@pytest.mark.parametrize("mechanism", [XOAuth2, OAuthBearer])
def test_an_empty_challenge_gets_everything_and_an_error_the_answer_that_ends_it(mechanism: type[XOAuth2 | OAuthBearer]) -> None:
    conversation = mechanism(SERVER)
    assert conversation.answer(b"") == conversation.first()
    assert conversation.answer(b'{"status":"401"}') == (b"" if mechanism is XOAuth2 else b"\x01")


@pytest.mark.parametrize("mechanism", [XOAuth2, OAuthBearer])
def test_a_user_name_cannot_add_fields(mechanism: type[XOAuth2 | OAuthBearer]) -> None:
    with pytest.raises(UnusableName):
        mechanism(replace(SERVER, user_name="anna\x01auth=Bearer other"))


@pytest.mark.parametrize("mechanism", [XOAuth2, OAuthBearer])
def test_without_a_grant_the_person_has_to_sign_in(mechanism: type[XOAuth2 | OAuthBearer]) -> None:
    with pytest.raises(SignInAgain):
        mechanism(replace(SERVER, token=None))


def test_only_mechanisms_of_tokens_are_chosen_for_a_token() -> None:
    assert choose_mechanism(server=SERVER, offered={"PLAIN", "LOGIN", "NTLM"}) is None
    assert isinstance(choose_mechanism(server=SERVER, offered={"PLAIN", "OAUTHBEARER"}), OAuthBearer)
    assert isinstance(choose_mechanism(server=SERVER, offered={"XOAUTH2", "OAUTHBEARER"}), XOAuth2)


# -- once more -----------------------------------------------------------------------------------------------------------


def shown(server: Server) -> str:
    assert server.token is not None
    return server.token.current().reveal()


def test_a_good_token_is_not_renewed() -> None:
    tokens = Tokens("good")
    assert log_in_with_token(replace(SERVER, token=tokens), shown) == "good"
    assert tokens.refused == []


def test_a_refused_token_is_renewed_once_and_tried_once_more() -> None:
    tokens, tried = Tokens("old", "new"), []

    def log_in(server: Server) -> str:
        tried.append(shown(server))
        if tried == ["old"]:
            raise LoginRefused("expired", user="anna")
        return "in"

    assert log_in_with_token(replace(SERVER, token=tokens), log_in) == "in"
    assert (tried, tokens.refused) == (["old", "new"], ["old"])


def test_a_renewed_token_that_is_refused_too_is_the_end() -> None:
    tokens, tried = Tokens("old", "new"), []

    def log_in(server: Server) -> None:
        tried.append(shown(server))
        raise LoginRefused("no such mailbox", user="anna")

    with pytest.raises(TokenRefused) as caught:
        log_in_with_token(replace(SERVER, token=tokens), log_in)
    assert tried == ["old", "new"]
    assert (caught.value.server_said, caught.value.details) == ("no such mailbox", {"user": "anna"})


def test_a_busy_server_costs_no_token() -> None:
    tokens = Tokens("good", "never")

    def log_in(server: Server) -> None:
        raise ServerBusy(reason="LIMIT")

    with pytest.raises(ServerBusy):
        log_in_with_token(replace(SERVER, token=tokens), log_in)
    assert tokens.refused == []


def test_an_account_without_a_grant_has_to_sign_in_and_passwords_are_none_of_this() -> None:
    with pytest.raises(SignInAgain):
        log_in_with_token(replace(SERVER, token=None), shown)
    plain = replace(SERVER, login=Login.PASSWORD, token=None)
    assert log_in_with_token(plain, lambda server: server.user_name) == "anna@example.org"


def test_a_given_token_knows_no_other() -> None:
    with pytest.raises(SignInAgain):
        GivenToken(Secret("only")).renewed(Secret("only"))


# -- servers -------------------------------------------------------------------------------------------------------------


def opened_with(dovecot: Dovecot, tokens: Tokens, person: str) -> Incoming:
    server = replace(dovecot.server(person), login=Login.TOKEN, token=tokens, password=Secret(""))
    return open_incoming(server, policy=dovecot.policy)


@pytest.fixture
def granted(provider: IdentityProvider, token_dovecot: Dovecot) -> Token:
    return provider.authorization.issue(f"{token_dovecot.new_user()}@example.org")


@pytest.fixture
def bearer_only(new_dovecot: Callable[..., Dovecot], provider: IdentityProvider) -> Dovecot:
    return new_dovecot(settings="auth_mechanisms = plain oauthbearer", introspection_url=provider.introspection_url)


@pytest.mark.server
def test_dovecot_takes_a_good_token(token_dovecot: Dovecot, granted: Token) -> None:
    with opened_with(token_dovecot, Tokens(granted.access), granted.person) as mailbox:
        assert "INBOX" in [folder.path for folder in mailbox.folders()]


@pytest.mark.server
def test_dovecot_takes_a_good_token_as_oauthbearer(bearer_only: Dovecot, granted: Token) -> None:
    with opened_with(bearer_only, Tokens(granted.access), granted.person) as mailbox:
        assert mailbox.folders()


@pytest.mark.server
@pytest.mark.parametrize("dovecot_name", ["token_dovecot", "bearer_only"])
def test_dovecot_refuses_an_old_token_and_takes_the_renewed_one_on_the_same_connection(
    request: pytest.FixtureRequest, dovecot_name: str, provider: IdentityProvider, granted: Token
) -> None:
    dovecot: Dovecot = request.getfixturevalue(dovecot_name)
    granted.ends_at = 0
    fresh = provider.authorization.issue(granted.person)
    tokens = Tokens(granted.access, fresh.access)
    with opened_with(dovecot, tokens, granted.person) as mailbox:
        assert mailbox.folders()
    assert tokens.refused == [granted.access]


@pytest.mark.server
def test_the_token_of_somebody_else_opens_nothing(token_dovecot: Dovecot, provider: IdentityProvider, granted: Token) -> None:
    other = provider.authorization.issue("somebody.else@example.org")
    with pytest.raises(TokenRefused):
        opened_with(token_dovecot, Tokens(other.access, other.access), granted.person)


@pytest.mark.server
def test_no_password_is_tried_where_the_server_takes_no_tokens() -> None:
    with ScriptedImap(capabilities="IMAP4rev1 AUTH=PLAIN").start().stopping() as fake:
        server = replace(fake.server(), login=Login.TOKEN, token=GivenToken(Secret("T0ken")))
        with pytest.raises(LoginDisabled):
            open_incoming(server, policy=LOOPBACK)
        assert b"AUTHENTICATE" not in bytes(fake.received)
        assert b"LOGIN" not in bytes(fake.received)


def _end_of_refusal(line: bytes) -> bytes | None:
    """What follows the empty answer to the report of an error; other commands have their usual answers."""
    return b"535 5.7.8 expired\r\n" if not line else None


def test_a_server_that_takes_letters_refuses_an_old_token_and_takes_the_renewed_one() -> None:
    old, new = (base64.b64encode(f"user=bob\1auth=Bearer {token}\1\1".encode()).decode() for token in ("old", "new"))
    refusal = b'{"status":"401","schemes":"bearer"}'
    answers = {f"AUTH XOAUTH2 {old}".upper(): b"334 " + base64.b64encode(refusal) + b"\r\n"}
    fake = ScriptedSmtp(extensions=("AUTH XOAUTH2",), answers={**answers, "": _end_of_refusal})
    tokens = Tokens("old", "new")
    fake.start()
    try:
        server = replace(fake.server(login=Login.TOKEN), token=tokens, password=Secret(""))
        open_outgoing(server, policy=LOOPBACK).close()
    finally:
        fake.stop()
    assert fake.commands()[1:-1] == [f"AUTH XOAUTH2 {old}", "", f"AUTH XOAUTH2 {new}"]
    assert tokens.refused == ["old"]
