"""Signing in with a provider for a mailbox (OAuth 2, RFC 6749): consent with PKCE, device flow, renewing, giving back.

Promises: every request goes through the egress policy, over https, follows no redirect, and shows secrets to the provider
alone; what comes back is told apart into what a person must do and what passes. Nothing is stored here.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Auth
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from mooring.mail.address_keys import match_key
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import ProtocolViolation, ProviderRefused, ServerBusy, ServerUnavailable, SignInAgain, UnusableName
from mooring.mail.http import bind
from mooring.mail.sign_in_providers import Provider, Registration
from mooring.mail.types import Secret

TIMEOUT: Final = timedelta(seconds=20)
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - a word, not a secret
_LONGEST_LIFE: Final = timedelta(days=366)
_DEVICE_CODE_LASTS: Final = 900
_IDENTITY_CLAIMS: Final = ("email", "preferred_username", "upn")
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})
_WAITING: Final = frozenset({"authorization_pending", "slow_down"})
_SAID: Final = 200


@dataclass(frozen=True, slots=True)
class Consent:
    """A question to a person, on the provider's page. All but `url` stays with us until the answer comes."""

    url: str
    state: str
    verifier: Secret
    nonce: str


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A question to a person who enters `user_code` at `verification_url`, on any device, before `expires_at`."""

    device_code: Secret
    user_code: str
    verification_url: str
    verification_url_complete: str
    expires_at: datetime
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider granted. `refresh` is empty where it gave none, `expires_at` None where it did not say."""

    access: Secret
    refresh: Secret
    expires_at: datetime | None
    scopes: tuple[str, ...] = ()
    """As the provider names them; empty when it granted what was asked for."""
    identities: tuple[str, ...] = ()
    """The addresses under which it knows who signed in; empty where it does not tell."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The person has not answered yet; ask again after `interval`."""

    interval: timedelta


def is_identity(address: str, identities: tuple[str, ...]) -> bool:
    """Whether the one who signed in is the one whom the mailbox belongs to."""
    key = match_key(address)
    return bool(key) and any(match_key(each) == key for each in identities)


class SignInClient:
    """Asks one provider on behalf of this installation. Close it, or use it with `with`."""

    def __init__(self, registration: Registration, *, policy: EgressPolicy, timeout: timedelta = TIMEOUT) -> None:
        self._registration = registration
        self._session = requests.Session()
        bind(self._session, policy=policy, timeout=timeout)
        self._oauth = _client_of(registration, self._session)

    def consent(self, *, redirect_url: str, scopes: tuple[str, ...], address: str) -> Consent:
        """A fresh question for the browser to carry; `address` is proposed as the one to sign in with."""
        state, verifier, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        url, _state = self._oauth.create_authorization_url(
            self._provider.authorize_url,
            state=state,
            code_verifier=verifier,
            redirect_uri=redirect_url,
            scope=" ".join(scopes),
            nonce=nonce,
            login_hint=address,
            **dict(self._provider.extra_parameters),
        )
        return Consent(url, state, Secret(verifier), nonce)

    def finish(self, *, code: str, verifier: Secret, nonce: str, redirect_url: str, now: datetime) -> Tokens:
        """Turn the code that the browser brought back into tokens.

        Raises SignInAgain where the provider does not know the code (any more), ProviderRefused, or a network's MailError.
        """
        with self._asking(self._provider.token_url) as url:
            found = self._oauth.fetch_token(
                url,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier.reveal(),
                redirect_uri=redirect_url,
                allow_redirects=False,
            )
        return self._tokens(found, now=now, nonce=nonce)

    def begin_device(self, *, scopes: tuple[str, ...], now: datetime) -> DeviceCode:
        """Ask for a code that the person enters elsewhere (RFC 8628, 3.1). Raises as `finish`."""
        with self._asking(self._provider.device_url) as url:
            form = {"client_id": self._registration.client_id, "scope": " ".join(scopes)}
            auth = self._oauth.client_auth(self._oauth.token_endpoint_auth_method)
            found = _object(self._session.post(url, data=form, auth=auth, allow_redirects=False))
            if "error" in found:
                raise OAuth2Error(str(found.get("error_description", "")), error=str(found["error"]))
        try:
            address = str(found.get("verification_uri") or found["verification_url"])
            seconds = min(int(found.get("expires_in", _DEVICE_CODE_LASTS)), 3 * _DEVICE_CODE_LASTS)
            interval = min(max(int(found.get("interval", 5)), 1), 60)
            device_code, user_code = Secret(str(found["device_code"])), str(found["user_code"])
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolViolation(expected="a device code") from error
        complete = str(found.get("verification_uri_complete", ""))
        for each in filter(None, (address, complete)):
            _check(each)
        expires_at = now + timedelta(seconds=seconds)
        return DeviceCode(device_code, user_code, address, complete, expires_at, timedelta(seconds=interval))

    def ask_device(self, device_code: Secret, *, interval: timedelta, now: datetime) -> Tokens | Waiting:
        """Whether the person has answered (RFC 8628, 3.4 and 3.5). Raises as `finish`; a refusal is a ProviderRefused."""
        try:
            with self._asking(self._provider.token_url) as url:
                shown = device_code.reveal()
                found = self._oauth.fetch_token(url, grant_type=DEVICE_GRANT, device_code=shown, allow_redirects=False)
        except ProviderRefused as error:
            if error.details["error"] not in _WAITING:
                raise
            return Waiting(interval + timedelta(seconds=5 if error.details["error"] == "slow_down" else 0))
        return self._tokens(found, now=now)

    def renew(self, refresh: Secret, *, scopes: tuple[str, ...], now: datetime) -> Tokens:
        """Other tokens for a refresh token; where the provider does not rotate it, the same one comes back.

        Raises SignInAgain when the grant is gone, ProviderRefused, or a network's MailError.
        """
        again = {"scope": " ".join(scopes)} if self._provider.repeats_scopes else {}
        with self._asking(self._provider.token_url) as url:
            found = self._oauth.refresh_token(url, refresh_token=refresh.reveal(), allow_redirects=False, **again)
        return self._tokens(found, now=now, asks_identity=False)

    def give_back(self, refresh: Secret) -> None:
        """Tell the provider that the grant is not needed any more (RFC 7009), where it can be told. Raises as `renew`."""
        if self._provider.revoke_url:
            with self._asking(self._provider.revoke_url) as url:
                shown = refresh.reveal()
                answer = self._oauth.revoke_token(url, token=shown, token_type_hint=_REFRESH_TOKEN, allow_redirects=False)
                answer.raise_for_status()

    def close(self) -> None:
        """Close all connections; never raises."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ending: object) -> None:
        self.close()

    @property
    def _provider(self) -> Provider:
        return self._registration.provider

    @contextmanager
    def _asking(self, url: str) -> Iterator[str]:
        _check(url)
        host = urlsplit(url).hostname or ""
        try:
            yield url
        except OAuth2Error as error:
            raise self._refusal(error, host) from error
        except requests.HTTPError as error:
            raise _http_error(error, host) from error
        except (requests.RequestException, ValueError) as error:
            raise ProtocolViolation(expected="an answer of a sign-in provider") from error

    def _refusal(self, error: OAuth2Error, host: str) -> Exception:
        said, title = str(error.description or "")[:_SAID], self._provider.title
        if error.error == "invalid_grant":
            return SignInAgain(said, provider=title)
        if error.error in _PASSING:
            return ServerUnavailable(said, host=host)
        return ProviderRefused(said, provider=title, error=str(error.error)[:60])

    def _tokens(self, found: Mapping[str, Any], *, now: datetime, nonce: str = "", asks_identity: bool = True) -> Tokens:
        access = found.get("access_token")
        if not isinstance(access, str) or not access or str(found.get("token_type", "bearer")).lower() != "bearer":
            raise ProtocolViolation(expected="a bearer token")
        refresh, scopes = found.get("refresh_token") or "", str(found.get("scope") or "").split()
        identities = self._identities(found, Secret(access), now=now, nonce=nonce) if asks_identity else ()
        return Tokens(Secret(access), Secret(str(refresh)), _expiry(found, now), tuple(scopes), identities)

    def _identities(self, found: Mapping[str, Any], access: Secret, *, now: datetime, nonce: str) -> tuple[str, ...]:
        """From the id token, which came from the token endpoint itself over TLS (OpenID Connect Core, 3.1.3.7, point 6)."""
        if isinstance(found.get("id_token"), str):
            claims = _claims_in(found["id_token"])
            _check_claims(claims, client_id=self._registration.client_id, nonce=nonce, now=now)
        elif self._provider.userinfo_url:
            with self._asking(self._provider.userinfo_url) as url:
                bearer = {"Authorization": f"Bearer {access.reveal()}"}
                claims = _object(self._session.get(url, headers=bearer, allow_redirects=False))
        else:
            return ()
        named = (claims.get(name) for name in _IDENTITY_CLAIMS)
        return tuple(dict.fromkeys(each for each in named if isinstance(each, str) and each))


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib has no types
    """Authlib's client on a session that is not its own."""

    client_auth_class = OAuth2ClientAuth
    token_auth_class = OAuth2Auth
    SESSION_REQUEST_PARAMS = ("allow_redirects",)


def _client_of(registration: Registration, session: requests.Session) -> _Client:
    secret = registration.client_secret.reveal()
    method = ("client_secret_post" if registration.provider.shows_secret_in_body else "client_secret_basic") if secret else "none"
    return _Client(
        session,
        client_id=registration.client_id,
        client_secret=secret or None,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
    )


def _check(url: str) -> None:
    """Tokens travel encrypted, and no address of a provider leads into another scheme."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise UnusableName(what=url[:_SAID])


def _http_error(error: requests.HTTPError, host: str) -> Exception:
    status = error.response.status_code
    if status == 429:
        return ServerBusy(reason="429")
    return ServerUnavailable(host=host) if status >= 500 else ProtocolViolation(expected=f"no HTTP {status}")


def _object(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code >= 500:
        answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ProtocolViolation(expected="a JSON object")
    return found


def _expiry(found: Mapping[str, Any], now: datetime) -> datetime | None:
    seconds = found.get("expires_in")
    if seconds is None:
        return None
    return now + min(timedelta(seconds=max(0, min(int(seconds), 10**9))), _LONGEST_LIFE)


def _claims_in(id_token: str) -> dict[str, Any]:
    parts = id_token.split(".")
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, binascii.Error) as error:
        raise ProtocolViolation(expected="an id token") from error
    if not isinstance(payload, dict):
        raise ProtocolViolation(expected="an id token")
    return payload


def _check_claims(claims: Mapping[str, Any], *, client_id: str, nonce: str, now: datetime) -> None:
    """It was made for us, for this very question, and is fresh. A minute of difference between clocks is forgiven."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    ends = claims.get("exp")
    is_fresh = isinstance(ends, (int, float)) and ends > now.timestamp() - 60
    if client_id not in audiences or not is_fresh or (nonce and claims.get("nonce") != nonce):
        raise ProtocolViolation(expected="an id token of this sign-in")
