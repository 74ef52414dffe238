"""HTTP for the mail room: `requests`, bound to the egress policy so that it has no other way out.

Promises, whoever's session it is (`bind`): a name is resolved once and every address judged, redirects included; TLS is
verified by host name; nothing is read from the environment or from .netrc; an answer is cut off at a size and at a time;
what goes wrong is a MailError. `HttpClient` is the plain client on top of it, and never follows a redirect by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from types import TracebackType
from typing import Any, Final, Protocol, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from mooring.mail.egress import Connection, EgressPolicy
from mooring.mail.errors import (
    CommandRefused,
    ConnectionLost,
    LoginRefused,
    MailError,
    NoAnswer,
    ProtocolViolation,
    ServerBusy,
    ServerUnavailable,
    UnusableName,
)

SIZE_CAP: Final = 16 * 2**20
"""How long an answer may be, decompressed, unless its asker allows more."""
_CONNECT_SECONDS: Final = 20.0
_SLOWEST_BYTES_PER_SECOND: Final = 2_048
_BLOCK: Final = 65_536
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({408, 425, 429})


# -- the way out ---------------------------------------------------------------------------------------------------------


class EgressAdapter(HTTPAdapter):
    """Carries the requests of a session over connections of the egress policy, and over no other."""

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        timeout: timedelta,
        trusted_certificate: str = "",
        size_cap: int = SIZE_CAP,
        at_once: int = 4,
    ) -> None:
        self._policy = policy
        self._seconds = timeout.total_seconds()
        self._trusted_certificate = trusted_certificate
        self._size_cap = size_cap
        super().__init__(pool_connections=8, pool_maxsize=at_once, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Pools whose connections know no other way than the policy's."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        plain = type("_Plain", (HTTPConnectionPool,), {"ConnectionCls": _connection_class(HTTPConnection, self._open)})
        tls = type("_Tls", (HTTPSConnectionPool,), {"ConnectionCls": _connection_class(HTTPSConnection, self._open)})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": tls}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set: egress verifies every certificate, whatever the session believes about it."""

    def _open(self, host: str, port: int, *, is_tls: bool) -> Connection:
        seconds = min(self._seconds, _CONNECT_SECONDS)
        trusted = self._trusted_certificate
        connection = self._policy.connect(host=host.strip("[]"), port=port, timeout=seconds, trusted_certificate=trusted)
        if is_tls:
            connection.start_tls()
        connection.sock.settimeout(self._seconds)
        return connection

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        """The answer, its body unread. Only the policy's own settings count, not the session's. Raises MailError."""
        host = urlsplit(request.url or "").hostname or ""
        with _as_mail_errors(host, self._seconds):
            answer = super().send(request, stream=True, timeout=self._seconds)
        answer.raw = _Body(answer.raw, host=host, seconds=self._seconds, size_cap=self._size_cap)
        return answer


class _Opener(Protocol):
    def __call__(self, host: str, port: int, *, is_tls: bool) -> Connection: ...


def _connection_class(base: type[HTTPConnection], opener: _Opener) -> type[HTTPConnection]:
    is_tls = issubclass(base, HTTPSConnection)

    class Judged(base):  # type: ignore[misc, valid-type]  # two classes in one, depending on the scheme
        def connect(self) -> None:
            # Closing forgets it, and urllib3 warns of what it takes for an unverified connection then.
            self.is_verified = is_tls
            self.sock = opener(self.host, self.port or self.default_port, is_tls=is_tls).sock

    return Judged


class _Body:
    """The body of an answer, with limits. Stands in for urllib3's response, whose other abilities it passes on."""

    def __init__(self, raw: Any, *, host: str, seconds: float, size_cap: int) -> None:
        self._raw = raw
        self._host = host
        self._seconds = seconds
        self.size_cap = size_cap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amt: int = _BLOCK, decode_content: bool | None = True) -> Iterator[bytes]:
        """The body in blocks. Raises ProtocolViolation beyond the size, NoAnswer beyond the time, ConnectionLost when cut."""
        size, begun = 0, monotonic()
        with _as_mail_errors(self._host, self._seconds):
            for block in self._raw.stream(amt, decode_content=decode_content):
                size += len(block)
                if size > self.size_cap:
                    raise ProtocolViolation(expected=f"at most {self.size_cap} bytes")
                if monotonic() - begun > 2 * self._seconds + size / _SLOWEST_BYTES_PER_SECOND:
                    raise NoAnswer(host=self._host, port="", seconds=f"{monotonic() - begun:.0f}")
                yield block


@contextmanager
def _as_mail_errors(host: str, seconds: float) -> Iterator[None]:
    try:
        yield
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise NoAnswer(host=host, port="", seconds=f"{seconds:g}") from error
    except (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError) as error:
        raise ProtocolViolation(expected="a readable encoding") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise ConnectionLost(host=host) from error


def bind(
    session: requests.Session, *, policy: EgressPolicy, timeout: timedelta, trusted_certificate: str = "", at_once: int = 4
) -> None:
    """Make the policy this session's only way out; proxies, .netrc and cookies are none of its business any more."""
    session.trust_env = False
    session.max_redirects = _MOST_REDIRECTS
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    adapter = EgressAdapter(policy, timeout=timeout, trusted_certificate=trusted_certificate, at_once=at_once)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    session.headers.update({"User-Agent": "Mooring"})


# -- the plain client ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `url` is where the answer came from in the end; the names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_good(self) -> bool:
        """Whether the server did what it was asked (2xx)."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises ProtocolViolation for anything else, such as the HTML page of a proxy."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ProtocolViolation(_said(self), expected="JSON") from error

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ProtocolViolation for anything else."""
        found = self.json()
        if not isinstance(found, dict):
            raise ProtocolViolation(_said(self), expected="a JSON object")
        return found


class Redirects(Enum):
    """Where an answer may send us on to. Never from https to http."""

    NONE = "none"
    SAME_HOST = "same_host"
    ANYWHERE = "anywhere"
    """Headers, a log-in among them, go along: only for a place that the server names as its own, such as a JMAP session."""


class HttpClient:
    """Asks servers over HTTP, from several threads if need be. Keeps up to `at_once` connections open until `close`."""

    def __init__(self, *, policy: EgressPolicy, timeout: timedelta, trusted_certificate: str = "", at_once: int = 4) -> None:
        self._session = requests.Session()
        bind(self._session, policy=policy, timeout=timeout, trusted_certificate=trusted_certificate, at_once=at_once)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        size_cap: int = SIZE_CAP,
        redirects: Redirects = Redirects.NONE,
    ) -> Answer:
        """Ask, and read the whole answer whatever its status. Raises MailError where there is none.

        A redirect that may not be followed is an answer like any other. One that is followed asks the new place the same
        again, by GET after 303.
        """
        for _step in range(_MOST_REDIRECTS):
            with self.stream(method, url, headers=headers, body=body, size_cap=size_cap) as (answer, blocks):
                whole = replace(answer, body=b"".join(blocks))
            target = _target(whole, redirects)
            if target is None:
                return whole
            url = target
            if whole.status == 303:
                method, body = "GET", None
        raise ProtocolViolation(expected="fewer redirects")

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        size_cap: int = SIZE_CAP,
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """The head of the answer, and its body block by block; who leaves early gives up the rest. Raises MailError."""
        _check(url)
        try:
            answer = self._session.request(
                method, url, headers=dict(headers or {}), data=body, stream=True, allow_redirects=False
            )
        except (requests.RequestException, UnicodeError, ValueError) as error:
            raise UnusableName(what=url) from error
        try:
            raw: Any = answer.raw
            raw.size_cap = size_cap
            names = {name.lower(): value for name, value in answer.headers.items()}
            yield Answer(answer.status_code, names, b"", answer.url), raw.stream(_BLOCK)
        finally:
            answer.close()

    def close(self) -> None:
        """Close all connections; never raises."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _check(url: str) -> None:
    """Only http and https, with a host, and nothing in front of it that would be sent as a log-in."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise UnusableName(what=url)


def _target(answer: Answer, redirects: Redirects) -> str | None:
    if redirects is Redirects.NONE or answer.status not in _REDIRECTS or "location" not in answer.headers:
        return None
    target = urljoin(answer.url, answer.headers["location"])
    _check(target)
    old, new = urlsplit(answer.url), urlsplit(target)
    if old.scheme == "https" and new.scheme == "http":
        # Cyrus behind something that does TLS for it takes itself for a server without: its own pages are meant.
        return urlunsplit(new._replace(scheme="https", netloc=old.netloc)) if old.hostname == new.hostname else None
    is_same = old.hostname == new.hostname and (old.port == new.port or old.scheme != new.scheme)
    return target if is_same or redirects is Redirects.ANYWHERE else None


# -- what a refusal means ------------------------------------------------------------------------------------------------


def refusal(answer: Answer, *, command: str, user: str = "") -> MailError:
    """The error that an answer other than 2xx stands for, with the time that the server asks to wait."""
    said, host = _said(answer), urlsplit(answer.url).hostname or ""
    if answer.status == 401:
        return LoginRefused(said, user=user)
    if answer.status in _BUSY:
        return ServerBusy(said, reason=str(answer.status)).asked_to_wait(wait_asked_for(answer))
    if answer.status >= 500:
        return ServerUnavailable(said, host=host).asked_to_wait(wait_asked_for(answer))
    return CommandRefused(said, command=command)


def wait_asked_for(answer: Answer) -> timedelta | None:
    """What Retry-After says (RFC 9110, section 10.2.3); a date counts from the server's own clock. None without a usable one."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        return parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        return None


def _said(answer: Answer) -> str:
    """The server's own words: the message of a JSON error, or the beginning of a plain text. Not the HTML of its pages."""
    try:
        found = json.loads(answer.body[:_BLOCK])
    except (ValueError, RecursionError):
        is_text = answer.headers.get("content-type", "").lower().startswith("text/plain")
        return answer.body[:2_000].decode("utf-8", "replace").strip() if is_text else ""
    return " ".join(_messages(found))


def _messages(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        inner = found.get("error")
        if isinstance(inner, dict):
            yield from _messages(inner)
            return
        for name in ("error", "code", "title", "message", "detail", "error_description"):
            if isinstance(found.get(name), str):
                yield found[name]
