"""Signing in with a provider that is really there: consent, codes, wrong people, late answers; then Dovecot takes the token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import making
from letters.making_letters import make_account
from letters.making_sign_ins import granted_at, make_grant, register, tokens
from mooring.letters.grants import GrantTokens, grant_of
from mooring.letters.models import Grant, MailAccount, SignIn, SignInProvider
from mooring.letters.sign_ins import UnableToSignIn, Wanted, find_by_state
from mooring.letters.token_sealing import open_secret
from mooring.mail.connect import open_incoming
from mooring.mail.errors import SignInAgain, TokenNotForServer
from mooring.mail.types import Login, Secret, Server
from mooring.sync.servers import RenewingAtProvider, give_back, with_tokens
from mooring.sync.signing_in import ask_device, begin_consent, begin_device, finish_consent, refuse_consent, why_not
from mooring.users.journal import Actor, entries_about
from mooring.users.models import User
from servers.certificates import Authority
from servers.dovecot import Dovecot
from servers.identity_provider import IdentityProvider
from sync.mailboxes import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.server]
BACK = "https://mooring.example/return/"
NOW = making.NOW


@pytest.fixture
def clock() -> Clock:
    """The real time, for what providers say about it is about that."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def idp(authority: Authority) -> Iterator[IdentityProvider]:
    running = IdentityProvider(authority).start()
    running.client.redirect_urls.add(BACK)
    yield running
    running.stop()


@pytest.fixture
def lighthouse(idp: IdentityProvider) -> SignInProvider:
    return register(idp)


@pytest.fixture
def trusted(idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """This installation reaches the provider."""
    monkeypatch.setattr("mooring.sync.signing_in.egress_policy", lambda: idp.policy)


Begin = Callable[..., tuple[SignIn, str]]


@pytest.fixture
def begin(lighthouse: SignInProvider, bob: User, clock: Clock, trusted: None) -> Begin:
    def begin(address: str = "bob@mooring.example", account: MailAccount | None = None) -> tuple[SignIn, str]:
        wanted = Wanted(lighthouse, address, "imap", "/profile/email/", account, {"your_name": "Bob"})
        return begin_consent(user=bob, wanted=wanted, redirect_url=BACK, now=clock())

    return begin


def finished(sign_in: SignIn, code: str, bob: User, clock: Clock) -> Grant | None:
    return finish_consent(sign_in, code=code, redirect_url=BACK, by=Actor(bob, "desk"), now=clock())


# -- consent -------------------------------------------------------------------------------------------------------------


def test_consent_becomes_a_permission_of_who_signed_in(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock) -> None:
    sign_in, state = begin()
    back = idp.consented(sign_in.consent_url)
    assert back["state"] == state
    grant = finished(sign_in, back["code"], bob, clock)
    assert grant is not None
    assert (grant.account, grant.granted_by, grant.identity) == (None, bob, "bob@mooring.example")
    sign_in.refresh_from_db()
    assert (sign_in.problem, sign_in.grant, bytes(sign_in.verifier_sealed)) == ("", grant, b"")
    assert why_not(sign_in) == ""


def test_an_account_that_signs_in_again_has_its_permission_at_once(
    idp: IdentityProvider, begin: Begin, bob: User, clock: Clock, lighthouse: SignInProvider
) -> None:
    account = make_account(bob, address="bob@mooring.example")
    make_grant(account, lighthouse, tokens("old"))
    sign_in, _state = begin(account=account)
    grant = finished(sign_in, idp.consented(sign_in.consent_url)["code"], bob, clock)
    assert grant_of(account) == grant
    assert entries_about(kind="account", record_id=account.pk)[0].action == "signed_in"


def test_an_answer_counts_once(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock) -> None:
    sign_in, _state = begin()
    code = idp.consented(sign_in.consent_url)["code"]
    finished(sign_in, code, bob, clock)
    with pytest.raises(UnableToSignIn):
        finished(sign_in, code, bob, clock)
    assert len([each for each in idp.requests if each.path == "/token"]) == 1


def test_an_answer_that_comes_too_late_does_not_count(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock) -> None:
    sign_in, _state = begin()
    code = idp.consented(sign_in.consent_url)["code"]
    clock.wind(hours=1)
    for _ in range(2):
        with pytest.raises(UnableToSignIn):
            finished(sign_in, code, bob, clock)
    sign_in.refresh_from_db()
    assert "longer" in why_not(sign_in)
    assert not [each for each in idp.requests if each.path == "/token"]


def test_only_who_began_comes_back_and_only_with_the_state(begin: Begin, bob: User, alice: User) -> None:
    sign_in, state = begin()
    assert find_by_state(user=bob, kind="other", state=state) == sign_in
    for user, kind, shown in ((alice, "other", state), (bob, "google", state), (bob, "other", "x")):
        with pytest.raises(UnableToSignIn):
            find_by_state(user=user, kind=kind, state=shown)
    assert state not in str(SignIn.objects.values_list("state_hash").get())


def test_somebody_else_signed_in(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock) -> None:
    sign_in, _state = begin()
    code = idp.consented(sign_in.consent_url, person="eve@else.example")["code"]
    assert finished(sign_in, code, bob, clock) is None
    assert "eve@else.example" in why_not(sign_in)
    assert not Grant.objects.exists()


def test_consent_was_refused(idp: IdentityProvider, begin: Begin, clock: Clock) -> None:
    sign_in, _state = begin()
    back = idp.consented(sign_in.consent_url, is_allowed=False)
    refuse_consent(sign_in, error=back["error"], said="", now=clock())
    assert "did not allow" in why_not(sign_in)


def test_the_provider_does_not_like_the_question(begin: Begin, clock: Clock) -> None:
    sign_in, _state = begin()
    refuse_consent(sign_in, error="invalid_scope", said="mail is unknown", now=clock())
    assert "invalid_scope" in why_not(sign_in)
    assert "administrator" in why_not(sign_in)


def test_a_permission_was_unticked(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock, monkeypatch: Any) -> None:
    monkeypatch.setattr(idp.client, "get_allowed_scope", lambda scope: "openid email")
    sign_in, _state = begin()
    assert finished(sign_in, idp.consented(sign_in.consent_url)["code"], bob, clock) is None
    assert "tick" in why_not(sign_in)


def test_a_permission_that_cannot_be_renewed_is_none(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock) -> None:
    idp.client.may_refresh = False
    sign_in, _state = begin()
    assert finished(sign_in, idp.consented(sign_in.consent_url)["code"], bob, clock) is None
    assert "cannot be renewed" in why_not(sign_in)


def test_a_code_that_the_provider_does_not_know(begin: Begin, bob: User, clock: Clock) -> None:
    sign_in, _state = begin()
    assert finished(sign_in, "made up", bob, clock) is None
    assert "begin again" in why_not(sign_in)


def test_a_provider_out_of_order(idp: IdentityProvider, begin: Begin, bob: User, clock: Clock) -> None:
    idp.outage = "/token"
    sign_in, _state = begin()
    assert finished(sign_in, idp.consented(sign_in.consent_url)["code"], bob, clock) is None
    assert "out of order" in why_not(sign_in)


def test_a_provider_that_does_not_say_who_it_was_leaves_that_to_the_mail_server(
    idp: IdentityProvider, begin: Begin, bob: User, clock: Clock, lighthouse: SignInProvider
) -> None:
    SignInProvider.objects.update(userinfo_url="")
    idp.authorization.has_id_token = False
    sign_in, _state = begin()
    sign_in.refresh_from_db()
    grant = finished(sign_in, idp.consented(sign_in.consent_url)["code"], bob, clock)
    assert grant is not None
    assert grant.identity == ""


def test_a_secret_whose_key_is_lost_is_entered_again(begin: Begin, bob: User, clock: Clock) -> None:
    SignInProvider.objects.update(client_secret_sealed=b"damaged")
    with pytest.raises(UnableToSignIn, match="administrator"):
        begin_device(user=bob, wanted=Wanted(SignInProvider.objects.get(), "b@x.example", "imap", "/"), now=clock())


def test_old_questions_are_forgotten(begin: Begin, clock: Clock) -> None:
    first, _state = begin()
    clock.wind(days=2)
    second, _state = begin()
    assert list(SignIn.objects.all()) == [second]
    assert first != second


# -- codes ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def code(lighthouse: SignInProvider, bob: User, clock: Clock, trusted: None) -> SignIn:
    wanted = Wanted(lighthouse, "bob@mooring.example", "imap", "/profile/email/")
    return begin_device(user=bob, wanted=wanted, now=clock())


def asked(code: SignIn, bob: User, clock: Clock, *, after: float = 2) -> SignIn:
    clock.wind(seconds=after)
    return ask_device(code, by=Actor(bob, "desk"), now=clock())


def test_a_code_entered_elsewhere_becomes_a_permission(idp: IdentityProvider, code: SignIn, bob: User, clock: Clock) -> None:
    assert asked(code, bob, clock).ended_at is None
    idp.allow_device(code.user_code, "bob@mooring.example")
    ended = asked(code, bob, clock)
    assert ended.grant is not None
    assert ended.grant.identity == "bob@mooring.example"
    assert bytes(ended.device_code_sealed) == b""


def test_a_provider_is_asked_no_more_often_than_it_wants(idp: IdentityProvider, code: SignIn, bob: User, clock: Clock) -> None:
    idp.authorization.slows_down = True
    asked(code, bob, clock)
    for _ in range(5):
        asked(code, bob, clock, after=1)
    assert len([each for each in idp.requests if each.path == "/token"]) == 1
    asked(code, bob, clock, after=2)
    assert len([each for each in idp.requests if each.path == "/token"]) == 2


def test_a_code_that_was_refused(idp: IdentityProvider, code: SignIn, bob: User, clock: Clock) -> None:
    idp.deny_device(code.user_code, "bob@mooring.example")
    assert "did not allow" in why_not(asked(code, bob, clock))


def test_a_code_that_ran_out_here_or_there(idp: IdentityProvider, code: SignIn, bob: User, clock: Clock) -> None:
    assert "longer" in why_not(asked(code, bob, clock, after=10_000))
    assert not [each for each in idp.requests if each.path == "/token"]


def test_a_code_that_ran_out_there(idp: IdentityProvider, code: SignIn, bob: User, clock: Clock) -> None:
    for device in idp.authorization.devices.values():
        device["expires_at"] = 1
    assert "longer" in why_not(asked(code, bob, clock))


def test_a_provider_out_of_order_is_asked_again(idp: IdentityProvider, code: SignIn, bob: User, clock: Clock) -> None:
    idp.outage = "/token"
    assert asked(code, bob, clock).ended_at is None
    idp.outage = ""
    idp.allow_device(code.user_code, "bob@mooring.example")
    assert asked(code, bob, clock).grant is not None


def test_a_provider_that_gives_no_codes(
    idp: IdentityProvider, lighthouse: SignInProvider, bob: User, clock: Clock, trusted: None
) -> None:
    idp.outage = "/device"
    with pytest.raises(UnableToSignIn, match="out of order"):
        begin_device(user=bob, wanted=Wanted(lighthouse, "b@x.example", "imap", "/"), now=clock())


# -- servers and their tokens --------------------------------------------------------------------------------------------


@pytest.fixture
def token_mailbox(new_dovecot: Callable[..., Dovecot], idp: IdentityProvider) -> Dovecot:
    return new_dovecot(introspection_url=idp.introspection_url)


def test_dovecot_takes_the_token_and_after_its_end_the_renewed_one(
    idp: IdentityProvider, lighthouse: SignInProvider, token_mailbox: Dovecot, bob: User, clock: Clock
) -> None:
    person = f"{token_mailbox.new_user()}@mooring.example"
    grant = make_grant(make_account(bob, address=person), lighthouse, granted_at(idp, person, now=clock()))
    server = replace(token_mailbox.server(person), login=Login.TOKEN, password=Secret(""))
    ready = with_tokens(server, grant, policy=token_mailbox.policy, clock=clock)
    with open_incoming(ready, policy=token_mailbox.policy) as mailbox:
        assert mailbox.folders()
    assert idp.authorization.refresh_count == 0
    idp.authorization.expire()
    with open_incoming(ready, policy=token_mailbox.policy) as mailbox:
        assert mailbox.folders()
    assert idp.authorization.refresh_count == 1
    clock.wind(hours=1)
    with open_incoming(ready, policy=token_mailbox.policy) as mailbox:
        assert mailbox.folders()
    assert (idp.authorization.refresh_count, idp.authorization.reuse_count) == (2, 0)


def test_tokens_are_shown_to_no_other_server(lighthouse: SignInProvider, idp: IdentityProvider, bob: User, clock: Clock) -> None:
    grant = make_grant(make_account(bob), lighthouse, tokens())
    for server in (
        Server("imap", "imap.evil.example", 993, login=Login.TOKEN),
        Server("jmap", url="https://evil.example/jmap", login=Login.TOKEN),
        Server("gmail", login=Login.TOKEN),
    ):
        with pytest.raises(TokenNotForServer):
            with_tokens(server, grant, policy=idp.policy, clock=clock)
    with pytest.raises(SignInAgain):
        with_tokens(Server("imap", "localhost", 993, login=Login.TOKEN), None, policy=idp.policy, clock=clock)


def test_a_permission_is_given_back_where_that_can_be_said(
    idp: IdentityProvider, lighthouse: SignInProvider, bob: User, clock: Clock
) -> None:
    account = make_account(bob)
    give_back(account, policy=idp.policy)
    grant = make_grant(account, lighthouse, granted_at(idp, "bob@mooring.example", now=clock()))
    idp.outage = "/revoke"
    give_back(account, policy=idp.policy)
    idp.outage = ""
    give_back(account, policy=idp.policy)
    with pytest.raises(SignInAgain):
        GrantTokens(grant, renew=RenewingAtProvider(idp.policy, clock), clock=clock).renewed(open_secret(grant, "access_sealed"))
    give_back(account, policy=idp.policy)
    assert len([each for each in idp.requests if each.path == "/revoke"]) == 2
