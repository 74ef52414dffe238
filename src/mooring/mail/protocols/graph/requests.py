"""Requests to Microsoft Graph: objects, collections page by page, and up to twenty small requests in one.

Every request asks for immutable ids, which letters keep when they are moved. Addresses that the server names (@odata.nextLink,
@odata.deltaLink) are followed within the same origin only, since the token goes along. At most four requests are under way at
once, which is what Exchange allows for a mailbox; throttled ones (429, 503) wait as long as they are told to.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import ProtocolViolation, ServerBusy
from mooring.mail.http import Answer, refusal, wait_asked_for
from mooring.mail.protocols.authorised import LONGEST_PAUSE, Authorised, is_busy
from mooring.mail.protocols.json_shapes import Object, number_in, object_in, objects_in, text_in
from mooring.mail.types import Server

PUBLIC_URL: Final = "https://graph.microsoft.com/v1.0"
_IMMUTABLE: Final = 'IdType="ImmutableId"'
_AT_ONCE_IN_BATCH: Final = 20
_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Small:
    """A request within a batch; `path` begins with a slash and is relative to the interface's address."""

    method: str
    path: str


class Graph:
    """The interface in the name of one account."""

    def __init__(
        self,
        server: Server,
        *,
        policy: EgressPolicy,
        is_busy: Callable[[Answer], bool] = is_busy,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = (server.url or PUBLIC_URL).rstrip("/")
        self.client = Authorised(server, policy=policy, is_busy=is_busy, sleep=sleep)
        self._sleep = sleep

    def get(self, path: str, *, command: str, prefer: str = "") -> Object:
        """An object. Raises MailError."""
        answer = self.ask(path, prefer=prefer)
        if not answer.is_good:
            raise refusal(answer, command=command, user=self.client.user)
        return answer.object()

    def ask(self, path: str, *, prefer: str = "") -> Answer:
        """An answer of whatever status; `path` may be an address that the server named."""
        return self.client.ask("GET", self.address(path), headers=preferring(prefer))

    def pages(self, path: str, *, command: str, prefer: str = "") -> Iterator[Object]:
        """The pages of a collection, to the last. Raises MailError; a page may not name itself as the next."""
        page = self.get(path, command=command, prefer=prefer)
        while True:
            yield page
            following = page.get("@odata.nextLink")
            if following is None:
                return
            path, before = text_in(page, "@odata.nextLink"), path
            if path == before:
                raise ProtocolViolation(expected="another page")
            page = self.get(path, command=command, prefer=prefer)

    def address(self, path: str) -> str:
        """The full address. Raises ProtocolViolation for one that leads elsewhere."""
        if path.startswith("/"):
            return self.url + path
        if not self.is_own(path):
            raise ProtocolViolation(expected="an address of the same server")
        return path

    def is_own(self, url: str) -> bool:
        """Whether an address lies at the same origin, so that the token may go there."""
        try:
            mine, other = urlsplit(self.url), urlsplit(url)
            return (mine.scheme, mine.hostname, mine.port) == (other.scheme, other.hostname, other.port)
        except ValueError:
            return False

    def batch(self, requests: Sequence[Small], *, command: str) -> list[Answer]:
        """The answers to many small requests, in order. Raises MailError when the batch fails or is throttled for long."""
        answers: list[Answer] = []
        for start in range(0, len(requests), _AT_ONCE_IN_BATCH):
            answers.extend(self._batch(requests[start : start + _AT_ONCE_IN_BATCH], command))
        return answers

    def _batch(self, requests: Sequence[Small], command: str) -> list[Answer]:
        found = self._post_batch(dict(enumerate(requests)), command)
        turn = 1
        while busy := {place: answer for place, answer in found.items() if is_busy(answer)}:
            waits = [wait_asked_for(answer) for answer in busy.values()]
            pause = max((wait for wait in waits if wait is not None), default=LONGEST_PAUSE / 4)
            if pause > LONGEST_PAUSE or turn == _TRIES:
                raise ServerBusy(reason=command).asked_to_wait(pause)
            self._sleep(max(pause.total_seconds(), 0))
            found.update(self._post_batch({place: requests[place] for place in busy}, command))
            turn += 1
        return [found[place] for place in range(len(requests))]

    def _post_batch(self, requests: dict[int, Small], command: str) -> dict[int, Answer]:
        asked = [
            {"id": str(place), "method": each.method, "url": each.path, "headers": {"Prefer": _IMMUTABLE}}
            for place, each in requests.items()
        ]
        headers = {"Content-Type": "application/json", **preferring()}
        body = json.dumps({"requests": asked}).encode()
        answer = self.client.good("POST", self.url + "/$batch", command=command, headers=headers, body=body)
        answers = {}
        for response in objects_in(answer.object(), "responses"):
            place = number_in(response, "id", default=-1)
            named = {name.lower(): str(value) for name, value in object_in(response, "headers").items()}
            inner = json.dumps(response.get("body")).encode() if response.get("body") is not None else b""
            answers[place] = Answer(number_in(response, "status"), named, inner, answer.url)
        if not requests.keys() <= answers.keys():
            raise ProtocolViolation(expected="an answer to each request")
        return answers

    def close(self) -> None:
        """Close all connections; never raises."""
        self.client.close()


def preferring(wish: str = "") -> dict[str, str]:
    """The Prefer header: immutable ids always."""
    return {"Prefer": f"{_IMMUTABLE}, {wish}" if wish else _IMMUTABLE}
