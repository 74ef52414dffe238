"""What the sign-in provider of the tests decides, with Authlib's server parts: which codes and tokens there are, and for whom."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, InvalidGrantError, OAuth2Payload, OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from authlib.oidc.core import OpenIDCode
from joserfc.jwk import RSAKey


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in."""

    method: str
    path: str
    url: str
    headers: dict[str, str]
    query: dict[str, str]
    form: dict[str, str]

    @property
    def data(self) -> dict[str, str]:
        return self.query | self.form


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; a `body` that is no text is sent as JSON."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """This installation of Mooring, as it is registered with the provider."""

    client_id: str
    client_secret: str
    redirect_urls: set[str] = field(default_factory=set)
    may_refresh: bool = True

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_urls

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.client_secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method != "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return self.may_refresh or grant_type != "refresh_token"


@dataclass
class Code:
    """A code on its way through the browser."""

    code: str
    person: str
    payload: dict[str, str]
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.payload["redirect_uri"]

    def get_scope(self) -> str:
        return self.payload.get("scope", "")

    def get_nonce(self) -> str | None:
        return self.payload.get("nonce")

    def get_auth_time(self) -> int | None:
        return None

    get_acr = get_amr = get_auth_time


@dataclass
class Token(TokenMixin):  # type: ignore[misc]  # Authlib has no types
    """A pair of access and refresh token."""

    client: Client
    person: str
    family: str
    access: str
    refresh: str
    scope: str
    ends_at: float
    is_used: bool = False
    is_gone: bool = False

    def check_client(self, client: Client) -> bool:
        return client is self.client

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() >= self.ends_at

    def is_revoked(self) -> bool:
        return self.is_gone


class Request(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, received: Received) -> None:
        super().__init__(received.method, received.url, headers=received.headers)
        self.payload = Payload(received.data)
        self._received = received

    @property
    def form(self) -> dict[str, str]:
        return self._received.form

    @property
    def args(self) -> dict[str, str]:
        return self._received.query


class Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, data: dict[str, str]) -> None:
        self._data = data

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> dict[str, list[str]]:
        return defaultdict(list, {name: [value] for name, value in self._data.items()})


class Authorization(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Codes, tokens and moods."""

    base = ""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self.lifetime = 3600
        """How many seconds new access tokens live."""
        self.rotates = True
        self.refresh_seconds = 0.0
        """So long a refresh takes, that others may come in between."""
        self.refresh_count = self.reuse_count = 0
        self.has_id_token = True
        self.identity: str | None = None
        """Named instead of the person who signed in."""
        self.tokens: list[Token] = []
        self.codes: dict[str, Code] = {}
        self.devices: dict[str, DeviceCredentialDict] = {}
        self.device_answers: dict[str, tuple[str, bool]] = {}
        self.slows_down = False
        self.key = RSAKey.generate_key(2048)
        self.lock = threading.Lock()
        self.register_token_generator("default", BearerTokenGenerator(_random, _random, lambda *_: self.lifetime))
        self.register_grant(_CodeGrant, [CodeChallenge(required=True), _IdToken()])
        self.register_grant(_RefreshGrant)
        self.register_grant(_DeviceGrant)
        for endpoint in (_Introspection, _Revocation, _Device):
            self.register_endpoint(endpoint)

    # -- what tests do -----------------------------------------------------------------------------------------------

    def issue(self, person: str, *, scope: str = "mail") -> Token:
        """A grant as if the person had signed in."""
        token = Token(self.client, person, _random(), _random(), _random(), scope, time.time() + self.lifetime)
        self.tokens.append(token)
        return token

    def expire(self) -> None:
        """All access tokens end now."""
        for token in self.tokens:
            token.ends_at = 0

    def forget(self, person: str) -> None:
        """The person takes the permission back."""
        for token in self.tokens:
            if token.person == person:
                token.is_gone = True

    # -- what clients ask --------------------------------------------------------------------------------------------

    def answer(self, received: Received) -> Answer:
        endpoints = {"/device": "device_authorization", "/introspect": "introspection", "/revoke": "revocation"}
        if received.path == "/token":
            return self.create_token_response(received)  # type: ignore[no-any-return]
        if received.path == "/userinfo":
            return self._userinfo(received)
        if received.path in endpoints:
            return self.create_endpoint_response(endpoints[received.path], received)  # type: ignore[no-any-return]
        return Answer(404, "", {})

    def decide(self, received: Received, *, person: str, is_allowed: bool) -> Answer:
        """The person's answer on the consent page sends the browser back."""
        request = self.create_oauth2_request(received)
        try:
            grant = self.get_authorization_grant(request)
        except OAuth2Error as error:
            return self.handle_error_response(request, error)  # type: ignore[no-any-return]
        return self.create_authorization_response(request, person if is_allowed else None, grant)  # type: ignore[no-any-return]

    def decide_device(self, user_code: str, *, person: str, is_allowed: bool) -> None:
        self.device_answers[user_code] = (person, is_allowed)

    def _userinfo(self, received: Received) -> Answer:
        shown = received.headers.get("Authorization", "").removeprefix("Bearer ")
        for token in self.tokens:
            if token.access == shown and not token.is_expired():
                return Answer(200, {"sub": token.person, "email": self.identity or token.person}, {})
        return Answer(401, {"error": "invalid_token"}, {})

    # -- what Authlib asks -------------------------------------------------------------------------------------------

    def query_client(self, client_id: str) -> Client | None:
        return self.client if client_id == self.client.client_id else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        old = request.refresh_token
        refresh = token.get("refresh_token") or (old.refresh if old else "")
        family = old.family if old else _random()
        ends_at = time.time() + self.lifetime
        row = Token(request.client, request.user, family, token["access_token"], refresh, token.get("scope", ""), ends_at)
        self.tokens.append(row)

    def create_oauth2_request(self, request: Any) -> Request:
        return request if isinstance(request, Request) else Request(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def _random(**_facts: Any) -> str:
    return str(generate_token(42))


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        challenge = data.get("code_challenge"), data.get("code_challenge_method")
        self.server.codes[code] = Code(code, request.user, data, *challenge)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        return self.server.codes.get(code)  # type: ignore[no-any-return]

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.person


class _IdToken(OpenIDCode):  # type: ignore[misc]  # Authlib has no types
    def __call__(self, grant: Any) -> None:
        if grant.server.has_id_token:
            self._server = grant.server
            super().__call__(grant)

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False

    def get_client_algorithm(self, client: Client) -> str:
        return "RS256"

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": "RS256"}

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self._server.key

    def get_compatible_claims(self, request: Any) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self._server.base, "sub": request.user, "aud": [request.client.client_id], "iat": now, "exp": now + 3600}

    def generate_user_info(self, user: str, scope: str) -> dict[str, Any]:
        return {"email": self._server.identity or user}


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    @property
    def INCLUDE_NEW_REFRESH_TOKEN(self) -> bool:
        return self.server.rotates  # type: ignore[no-any-return]

    def authenticate_refresh_token(self, refresh_token: str) -> Token:
        server = self.server
        with server.lock:
            server.refresh_count += 1
            found = [token for token in server.tokens if token.refresh == refresh_token]
            if not found or found[-1].is_gone:
                raise InvalidGrantError("The grant is gone.")
            if found[-1].is_used:
                server.reuse_count += 1
                for token in server.tokens:
                    token.is_gone = token.is_gone or token.family == found[-1].family
                raise InvalidGrantError("A refresh token was used twice.")
            found[-1].is_used = server.rotates
        time.sleep(server.refresh_seconds)
        return found[-1]

    def authenticate_user(self, refresh_token: Token) -> str:
        return refresh_token.person

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """It is marked as used already."""


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib has no types
    def query_device_credential(self, device_code: str) -> DeviceCredentialDict | None:
        return self.server.devices.get(device_code)

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        return self.server.device_answers.get(user_code)  # type: ignore[no-any-return]

    def should_slow_down(self, credential: Any) -> bool:
        return self.server.slows_down  # type: ignore[no-any-return]


class _Device(DeviceAuthorizationEndpoint):  # type: ignore[misc]  # Authlib has no types
    INTERVAL = 1

    def get_verification_uri(self) -> str:
        return f"{self.server.base}/activate"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        ends_at = time.time() + data["expires_in"]
        self.server.devices[data["device_code"]] = DeviceCredentialDict(
            client_id=client_id, scope=scope, user_code=data["user_code"], expires_at=ends_at
        )


class _Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        return next((token for token in self.server.tokens if token.access == token_string), None)

    def check_permission(self, token: Token, client: Client, request: Any) -> bool:
        return True

    def introspect_token(self, token: Token) -> dict[str, Any]:
        return {"active": True, "email": token.person, "scope": token.scope, "exp": int(token.ends_at)}


class _Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        return next((token for token in self.server.tokens if token_string in (token.access, token.refresh)), None)

    def revoke_token(self, token: Token, request: Any) -> None:
        for each in self.server.tokens:
            each.is_gone = each.is_gone or each.family == token.family
