"""Signing in with a provider: consent with PKCE, device flow, renewing; every refusal named, no secret anywhere else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import (
    AddressNotAllowed,
    MailError,
    ProtocolViolation,
    ProviderRefused,
    ServerBusy,
    ServerUnavailable,
    SignInAgain,
    UnusableName,
)
from mooring.mail.oauth import SignInClient, Tokens, Waiting
from mooring.mail.sign_in_providers import Registration
from mooring.mail.types import Secret
from servers.certificates import Authority
from servers.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

NOW = datetime.now().astimezone()
BACK = "https://mooring.example/back/"
PERSON = "anna@example.org"
SCOPES = ("openid", "email", "mail")


@pytest.fixture
def idp(authority: Authority) -> Iterator[IdentityProvider]:
    """A provider of this test's own, whose moods it may set."""
    running = IdentityProvider(authority).start()
    running.client.redirect_urls.add(BACK)
    yield running
    running.stop()


@pytest.fixture
def client(idp: IdentityProvider) -> Iterator[SignInClient]:
    with SignInClient(idp.registration(), policy=idp.policy) as client:
        yield client


def signed_in(idp: IdentityProvider, client: SignInClient, **answer: Any) -> Tokens:
    consent = client.consent(redirect_url=BACK, scopes=SCOPES, address=PERSON)
    back = idp.consented(consent.url, **answer)
    assert back["state"] == consent.state
    return client.finish(code=back["code"], verifier=consent.verifier, nonce=consent.nonce, redirect_url=BACK, now=NOW)


# -- consent -------------------------------------------------------------------------------------------------------------


def test_the_page_is_asked_for_with_pkce_and_a_state_that_nobody_guesses(client: SignInClient) -> None:
    consent = client.consent(redirect_url=BACK, scopes=SCOPES, address=PERSON)
    asked = dict(parse_qsl(urlsplit(consent.url).query))
    assert (
        asked.items()
        >= {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": BACK,
            "scope": "openid email mail",
            "code_challenge_method": "S256",
            "login_hint": PERSON,
            "state": consent.state,
            "nonce": consent.nonce,
        }.items()
    )
    assert len(consent.state) >= 43
    assert consent.verifier.reveal() not in consent.url
    assert CLIENT_SECRET not in consent.url
    assert client.consent(redirect_url=BACK, scopes=SCOPES, address=PERSON).state != consent.state


def test_a_code_becomes_tokens_and_the_provider_says_whose(idp: IdentityProvider, client: SignInClient) -> None:
    tokens = signed_in(idp, client)
    assert tokens.identities == (PERSON,)
    assert tokens.access
    assert tokens.refresh
    assert tokens.expires_at == NOW + timedelta(hours=1)
    assert tokens.scopes == SCOPES
    assert tokens.access.reveal() not in repr(tokens)


def test_without_an_id_token_the_provider_is_asked_who_it_was(idp: IdentityProvider, client: SignInClient) -> None:
    idp.authorization.has_id_token = False
    assert signed_in(idp, client).identities == (PERSON,)
    assert idp.requests[-1].path == "/userinfo"


def test_a_provider_that_cannot_say_who_it_was_names_nobody(idp: IdentityProvider) -> None:
    idp.authorization.has_id_token = False
    with SignInClient(idp.registration(userinfo_url=""), policy=idp.policy) as client:
        assert signed_in(idp, client).identities == ()


def test_a_code_works_once_only_and_with_its_own_verifier_only(idp: IdentityProvider, client: SignInClient) -> None:
    consent = client.consent(redirect_url=BACK, scopes=SCOPES, address=PERSON)
    code = idp.consented(consent.url)["code"]
    with pytest.raises(SignInAgain):
        client.finish(code=code, verifier=Secret("x" * 60), nonce=consent.nonce, redirect_url=BACK, now=NOW)
    client.finish(code=code, verifier=consent.verifier, nonce=consent.nonce, redirect_url=BACK, now=NOW)
    with pytest.raises(SignInAgain):
        client.finish(code=code, verifier=consent.verifier, nonce=consent.nonce, redirect_url=BACK, now=NOW)


def test_an_id_token_of_another_question_is_not_believed(idp: IdentityProvider, client: SignInClient) -> None:
    consent = client.consent(redirect_url=BACK, scopes=SCOPES, address=PERSON)
    code = idp.consented(consent.url)["code"]
    with pytest.raises(ProtocolViolation):
        client.finish(code=code, verifier=consent.verifier, nonce="another", redirect_url=BACK, now=NOW)


def test_an_id_token_that_has_ended_is_not_believed(idp: IdentityProvider, client: SignInClient) -> None:
    consent = client.consent(redirect_url=BACK, scopes=SCOPES, address=PERSON)
    code = idp.consented(consent.url)["code"]
    later = NOW + timedelta(hours=2)
    with pytest.raises(ProtocolViolation):
        client.finish(code=code, verifier=consent.verifier, nonce=consent.nonce, redirect_url=BACK, now=later)


def test_a_wrong_secret_is_a_matter_of_the_administrator(idp: IdentityProvider) -> None:
    wrong = Registration(idp.described(), CLIENT_ID, Secret("wrong"))
    with SignInClient(wrong, policy=idp.policy) as client, pytest.raises(ProviderRefused) as caught:
        signed_in(idp, client)
    assert caught.value.details == {"provider": "Lighthouse", "error": "invalid_client"}


@pytest.mark.parametrize("in_body", [False, True])
def test_the_client_shows_its_secret_as_the_provider_wants_it(idp: IdentityProvider, in_body: bool) -> None:
    with SignInClient(idp.registration(shows_secret_in_body=in_body), policy=idp.policy) as client:
        signed_in(idp, client)
    asked = next(each for each in idp.requests if each.path == "/token")
    assert ("client_secret" in asked.form) is in_body
    assert ("Authorization" in asked.headers) is not in_body


def test_a_public_client_shows_no_secret(idp: IdentityProvider) -> None:
    public = Registration(idp.described(), CLIENT_ID)
    with SignInClient(public, policy=idp.policy) as client, pytest.raises(ProviderRefused):
        signed_in(idp, client)
    asked = next(each for each in idp.requests if each.path == "/token")
    assert "client_secret" not in asked.form
    assert "Authorization" not in asked.headers


# -- device flow ---------------------------------------------------------------------------------------------------------


def test_a_code_entered_elsewhere_becomes_tokens(idp: IdentityProvider, client: SignInClient) -> None:
    code = client.begin_device(scopes=SCOPES, now=NOW)
    assert (code.verification_url, code.interval) == (idp.url("activate"), timedelta(seconds=1))
    assert code.user_code in code.verification_url_complete
    assert code.expires_at > NOW
    assert client.ask_device(code.device_code, interval=code.interval, now=NOW) == Waiting(timedelta(seconds=1))
    idp.allow_device(code.user_code, PERSON)
    tokens = client.ask_device(code.device_code, interval=code.interval, now=NOW)
    assert isinstance(tokens, Tokens)
    assert tokens.identities == (PERSON,)


def test_a_provider_that_is_asked_too_often_is_asked_less_often(idp: IdentityProvider, client: SignInClient) -> None:
    idp.authorization.slows_down = True
    code = client.begin_device(scopes=SCOPES, now=NOW)
    assert client.ask_device(code.device_code, interval=code.interval, now=NOW) == Waiting(timedelta(seconds=6))


@pytest.mark.parametrize(("happening", "error"), [("denied", "access_denied"), ("expired", "expired_token")])
def test_a_code_that_is_refused_or_too_old_ends_it(
    idp: IdentityProvider, client: SignInClient, happening: str, error: str
) -> None:
    code = client.begin_device(scopes=SCOPES, now=NOW)
    if happening == "denied":
        idp.deny_device(code.user_code, PERSON)
    else:
        idp.authorization.devices[code.device_code.reveal()]["expires_at"] = 1
    with pytest.raises(ProviderRefused) as caught:
        client.ask_device(code.device_code, interval=code.interval, now=NOW)
    assert caught.value.details["error"] == error


def test_a_client_that_may_not_use_codes_is_told(idp: IdentityProvider) -> None:
    unknown = Registration(idp.described(), "unknown", Secret("x"))
    with SignInClient(unknown, policy=idp.policy) as client, pytest.raises(ProviderRefused):
        client.begin_device(scopes=SCOPES, now=NOW)


# -- renewing and giving back --------------------------------------------------------------------------------------------


def test_renewed_tokens_are_others_and_the_old_refresh_token_is_dead(idp: IdentityProvider, client: SignInClient) -> None:
    first = idp.authorization.issue(PERSON)
    tokens = client.renew(Secret(first.refresh), scopes=SCOPES, now=NOW)
    assert tokens.access.reveal() != first.access
    assert tokens.refresh.reveal() != first.refresh
    assert tokens.identities == ()
    with pytest.raises(SignInAgain):
        client.renew(Secret(first.refresh), scopes=SCOPES, now=NOW)


def test_a_refresh_token_that_does_not_rotate_comes_back(idp: IdentityProvider, client: SignInClient) -> None:
    idp.authorization.rotates = False
    first = idp.authorization.issue(PERSON)
    assert client.renew(Secret(first.refresh), scopes=SCOPES, now=NOW).refresh == Secret(first.refresh)


def test_a_permission_taken_back_means_signing_in_again(idp: IdentityProvider, client: SignInClient) -> None:
    first = idp.authorization.issue(PERSON)
    idp.authorization.forget(PERSON)
    with pytest.raises(SignInAgain) as caught:
        client.renew(Secret(first.refresh), scopes=SCOPES, now=NOW)
    assert caught.value.details == {"provider": "Lighthouse"}


@pytest.mark.parametrize("repeats", [False, True])
def test_scopes_are_named_again_only_where_the_provider_wants_it(idp: IdentityProvider, repeats: bool) -> None:
    first = idp.authorization.issue(PERSON, scope="openid email mail")
    with SignInClient(idp.registration(repeats_scopes=repeats), policy=idp.policy) as client:
        client.renew(Secret(first.refresh), scopes=SCOPES, now=NOW)
    assert idp.requests[-1].form.get("scope") == ("openid email mail" if repeats else None)


def test_a_permission_is_given_back(idp: IdentityProvider, client: SignInClient) -> None:
    first = idp.authorization.issue(PERSON)
    client.give_back(Secret(first.refresh))
    assert first.is_gone


def test_giving_back_needs_somebody_to_give_it_to(idp: IdentityProvider) -> None:
    with SignInClient(idp.registration(revoke_url=""), policy=idp.policy) as client:
        client.give_back(Secret("whatever"))
    assert idp.requests == []


# -- answers that are none -----------------------------------------------------------------------------------------------


def answering(idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch, body: Any, status: int = 200) -> None:
    from servers.authorization import Answer

    monkeypatch.setattr(idp, "answer", lambda _received: Answer(status, body, {"Location": "https://localhost:1/else"}))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "<html>hello</html>", ProtocolViolation),
        (200, [1, 2], ProtocolViolation),
        (200, {"token_type": "bearer"}, ProtocolViolation),
        (200, {"access_token": ["x"]}, ProtocolViolation),
        (200, {"access_token": "x", "token_type": "mac"}, ProtocolViolation),
        (302, "", ProtocolViolation),
        (404, "gone", ProtocolViolation),
        (429, "slower", ServerBusy),
        (503, "later", ServerUnavailable),
        (400, {"error": "temporarily_unavailable"}, ServerUnavailable),
        (400, {"error": "invalid_grant"}, SignInAgain),
        (400, {"error": "unauthorized_client", "error_description": "no"}, ProviderRefused),
    ],
)
def test_what_a_token_endpoint_may_say(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch, status: int, body: Any, error: type[MailError]
) -> None:
    answering(idp, monkeypatch, body, status)
    with pytest.raises(error) as caught:
        client.renew(Secret("canary-refresh"), scopes=SCOPES, now=NOW)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("seconds", "is_known"), [(60, True), ("60", True), (None, False), (-5, True)])
def test_the_end_of_a_token_is_read_in_every_spelling(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch, seconds: Any, is_known: bool
) -> None:
    answering(idp, monkeypatch, {"access_token": "x", "expires_in": seconds})
    found = client.renew(Secret("r"), scopes=SCOPES, now=NOW).expires_at
    assert found == (NOW + timedelta(seconds=max(0, int(seconds))) if is_known else None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"device_code": "d", "user_code": "u"},
        {"device_code": "d", "user_code": "u", "verification_uri": "https://x.example", "expires_in": "soon"},
    ],
)
def test_half_a_device_code_is_none(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch, body: dict[str, str]
) -> None:
    answering(idp, monkeypatch, body)
    with pytest.raises(ProtocolViolation):
        client.begin_device(scopes=SCOPES, now=NOW)


def test_a_device_code_leads_to_no_other_scheme(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(idp, monkeypatch, {"device_code": "d", "user_code": "u", "verification_url": "javascript:alert(1)"})
    with pytest.raises(UnusableName):
        client.begin_device(scopes=SCOPES, now=NOW)


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_about_a_person_that_is_none(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    idp.authorization.has_id_token = False
    honest = idp.answer

    def answer(received: Any) -> Any:
        from servers.authorization import Answer

        return Answer(status, [PERSON], {}) if received.path == "/userinfo" else honest(received)

    monkeypatch.setattr(idp, "answer", answer)
    with pytest.raises(ProtocolViolation if status == 200 else ServerUnavailable):
        signed_in(idp, client)


def id_token(claims: Any) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.sig"


GOOD: dict[str, Any] = {"aud": CLIENT_ID, "exp": NOW.timestamp() + 60, "email": PERSON, "upn": 7}


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "a.b.c",
        id_token([1]),
        id_token({**GOOD, "aud": "another client"}),
        id_token({**GOOD, "aud": None}),
        id_token({**GOOD, "exp": "tomorrow"}),
    ],
)
def test_id_tokens_that_are_none(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    answering(idp, monkeypatch, {"access_token": "x", "id_token": token})
    with pytest.raises(ProtocolViolation):
        client.finish(code="c", verifier=Secret("v"), nonce="", redirect_url=BACK, now=NOW)


def test_every_name_that_a_provider_has_for_a_person_counts(
    idp: IdentityProvider, client: SignInClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = id_token({**GOOD, "preferred_username": "a.berg@example.org"})
    answering(idp, monkeypatch, {"access_token": "x", "id_token": token})
    found = client.finish(code="c", verifier=Secret("v"), nonce="", redirect_url=BACK, now=NOW)
    assert found.identities == (PERSON, "a.berg@example.org")


# -- where requests go ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://idp.example/token", "https://user@idp.example/token", "ftp://idp.example", ""])
def test_tokens_travel_encrypted_or_not_at_all(idp: IdentityProvider, url: str) -> None:
    with SignInClient(idp.registration(token_url=url), policy=idp.policy) as client, pytest.raises(UnusableName):
        client.renew(Secret("r"), scopes=SCOPES, now=NOW)


def test_a_provider_in_an_inner_network_is_not_reached_unless_an_administrator_opened_it(idp: IdentityProvider) -> None:
    with SignInClient(idp.registration(), policy=EgressPolicy()) as client, pytest.raises(AddressNotAllowed):
        client.renew(Secret("r"), scopes=SCOPES, now=NOW)


def test_nothing_secret_shows_in_an_error(idp: IdentityProvider, client: SignInClient) -> None:
    deeds: list[Callable[[], object]] = [
        lambda: client.renew(Secret("canary-refresh"), scopes=SCOPES, now=NOW),
        lambda: client.finish(code="canary-code", verifier=Secret("canary" * 10), nonce="", redirect_url=BACK, now=NOW),
        lambda: client.ask_device(Secret("canary-device"), interval=timedelta(seconds=1), now=NOW),
    ]
    for deed in deeds:
        with pytest.raises(MailError) as caught:
            deed()
        assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
