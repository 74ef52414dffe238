"""A server asked over HTTP in the name of an account.

States: usable at once; the first request logs in, since every request carries the log-in. Promises: no password or token goes
over an unencrypted connection unless the account insists; a token that is refused is renewed once; a server that asks for a
short pause gets it, and one that asks for a long one is left with ServerBusy.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import LoginRefused, PlainLoginRefused
from mooring.mail.http import SIZE_CAP, Answer, HttpClient, Redirects, refusal, wait_asked_for
from mooring.mail.types import Login, Secret, Server

AT_ONCE: Final = 4
"""So many requests at once and no more: Microsoft allows four for a mailbox, JMAP servers name four and upwards."""
LONGEST_PAUSE: Final = timedelta(seconds=10)
_TRIES: Final = 4
_BUSY: Final = frozenset({429, 503})


def is_busy(answer: Answer) -> bool:
    """Whether the server asks to come back later, having done nothing (429, and 503 as Microsoft and Google mean it)."""
    return answer.status in _BUSY


class Authorised:
    """Requests with the account's log-in, from several threads at once if need be."""

    def __init__(
        self,
        server: Server,
        *,
        policy: EgressPolicy,
        is_busy: Callable[[Answer], bool] = is_busy,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = server
        self._is_busy = is_busy
        self._sleep = sleep
        self._lock = threading.Lock()
        self._token: Secret | None = None
        self._client = HttpClient(
            policy=policy, timeout=server.timeout, trusted_certificate=server.trusted_certificate, at_once=AT_ONCE
        )

    @property
    def user(self) -> str:
        """In whose name."""
        return self._server.user_name

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        size_cap: int = SIZE_CAP,
        redirects: Redirects = Redirects.NONE,
    ) -> Answer:
        """The answer, whatever its status but for 401. Raises LoginRefused, ServerBusy and the errors of the network."""

        def once(login: str) -> Answer:
            named = {**(headers or {}), "Authorization": login}
            return self._client.request(method, url, headers=named, body=body, size_cap=size_cap, redirects=redirects)

        answer = self._logged_in(url, once)
        for turn in range(_TRIES - 1):
            pause = wait_asked_for(answer) if "retry-after" in answer.headers else timedelta(seconds=2**turn)
            if not self._is_busy(answer) or pause is None or pause > LONGEST_PAUSE:
                return answer
            self._sleep(max(pause.total_seconds(), 0))
            answer = self._logged_in(url, once)
        return answer

    def good(
        self,
        method: str,
        url: str,
        *,
        command: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        size_cap: int = SIZE_CAP,
        redirects: Redirects = Redirects.NONE,
    ) -> Answer:
        """As `ask`, but every status other than 2xx is raised as a MailError."""
        answer = self.ask(method, url, headers=headers, body=body, size_cap=size_cap, redirects=redirects)
        if not answer.is_good:
            raise refusal(answer, command=command, user=self.user)
        return answer

    @contextmanager
    def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, size_cap: int
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """A body read block by block, for letters. The log-in must have been accepted before: 401 is an answer like any other."""
        named = {**(headers or {}), "Authorization": self._authorization(url)}
        with self._client.stream("GET", url, headers=named, size_cap=size_cap) as opened:
            yield opened

    def _logged_in(self, url: str, once: Callable[[str], Answer]) -> Answer:
        login = self._authorization(url)
        answer = once(login)
        if answer.status == 401 and self._server.login is Login.TOKEN:
            answer = once(self._renewed(login))
        if answer.status == 401:
            raise LoginRefused(refusal(answer, command="").server_said, user=self.user)
        return answer

    def _authorization(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and not self._server.plain_login_allowed:
            raise PlainLoginRefused(host=parts.hostname or "")
        if self._server.login is Login.TOKEN:
            return f"Bearer {self._current().reveal()}"
        pair = f"{self.user}:{self._server.password.reveal()}"
        return "Basic " + base64.b64encode(pair.encode()).decode("ascii")

    def _current(self) -> Secret:
        """The token in use; its source, which may ask a database, is asked at the log-in only."""
        with self._lock:
            if self._token is None:
                if self._server.token is None:
                    raise LoginRefused(user=self.user)
                self._token = self._server.token.current()
            return self._token

    def _renewed(self, refused: str) -> str:
        """One thread asks for another token, and all use it."""
        with self._lock:
            if self._server.token is not None and self._token is not None and refused == f"Bearer {self._token.reveal()}":
                self._token = self._server.token.renewed(self._token)
        return f"Bearer {self._current().reveal()}"

    def close(self) -> None:
        """Close all connections; never raises."""
        self._client.close()
