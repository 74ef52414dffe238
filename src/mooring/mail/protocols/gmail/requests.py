"""Requests to the Gmail API: objects, lists page by page, and up to fifty requests in one.

Who asks too fast gets 429, or 403 with a reason that says so; both are waited for and asked again, longer each time, and left to
a later visit when that does not help. A limit that lasts until tomorrow is left to the next hour at once.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import MailError, ProtocolViolation, ServerBusy
from mooring.mail.http import Answer, refusal, wait_asked_for
from mooring.mail.protocols.authorised import Authorised
from mooring.mail.protocols.json_shapes import Object, object_in, objects_in, text_in
from mooring.mail.types import Server

PUBLIC_URL: Final = "https://gmail.googleapis.com"
ME: Final = "/gmail/v1/users/me"
AT_ONCE: Final = 50
"""Requests in one batch; Google takes 100 and advises against more than 50."""
_ANSWER_CAP: Final = 512 * 2**20
_TRIES: Final = 5
_SOON: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_LATER: Final = frozenset({"dailyLimitExceeded", "quotaExceeded", "limitExceeded"})
_LATER_MEANS: Final = timedelta(hours=1)
_BOUNDARY: Final = "part_of_a_batch"
_PART_ID: Final = re.compile(rb"^content-id:\s*<?response-(\d+)>?\s*$", re.IGNORECASE | re.MULTILINE)
_STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")


@dataclass(frozen=True, slots=True)
class Small:
    """A request within a batch, without a body."""

    method: str
    path: str


class Gmail:
    """The interface in the name of one account."""

    def __init__(
        self, server: Server, *, policy: EgressPolicy, is_sending: bool = False, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = (server.url or PUBLIC_URL).rstrip("/")
        busy = is_refused_for_speed if is_sending else _is_busy
        self.client = Authorised(server, policy=policy, is_busy=busy, sleep=sleep)
        self._sleep = sleep

    def get(self, path: str, *, command: str, **query: str | Sequence[str]) -> Object:
        """An object. Raises MailError."""
        return self._good("GET", path + _query(query), command).object()

    def ask(self, path: str, **query: str | Sequence[str]) -> Answer:
        """An answer of whatever status."""
        return self.client.ask("GET", self.url + path + _query(query))

    def post(self, path: str, found: Object, *, command: str) -> None:
        """Tell the server something. Raises MailError unless it agrees."""
        headers = {"Content-Type": "application/json"}
        self._good("POST", path, command, headers=headers, body=json.dumps(found).encode())

    def pages(self, path: str, *, command: str, **query: str | Sequence[str]) -> Iterator[Object]:
        """The pages of a list, to the last. Raises MailError; a page may not name itself as the next."""
        token = ""
        while True:
            more = {"pageToken": token} if token else {}
            page = self.get(path, command=command, **query, **more)
            yield page
            if "nextPageToken" not in page:
                return
            before, token = token, text_in(page, "nextPageToken")
            if token == before:
                raise ProtocolViolation(expected="another page")

    def upload(self, path: str, body: bytes, content_type: str, *, command: str) -> Object:
        """Hand the server a letter. Raises MailError."""
        return self._good("POST", path, command, headers={"Content-Type": content_type}, body=body).object()

    def _good(
        self, method: str, path: str, command: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        answer = self.client.ask(method, self.url + path, headers=headers, body=body)
        if not answer.is_good:
            raise self.refusal(answer, command)
        return answer

    def refusal(self, answer: Answer, command: str) -> MailError:
        """The error that an answer other than 2xx stands for; Google's limits are no question of rights."""
        if is_refused_for_speed(answer):
            return ServerBusy(_message(answer), reason="rate limit").asked_to_wait(wait_asked_for(answer))
        if answer.status == 403 and _reasons(answer) & _LATER:
            return ServerBusy(_message(answer), reason="daily limit").asked_to_wait(wait_asked_for(answer) or _LATER_MEANS)
        return refusal(answer, command=command, user=self.client.user)

    # -- many at once ------------------------------------------------------------------------------------------------

    def batch(self, requests: Sequence[Small], *, command: str) -> Iterator[Answer]:
        """The answers to many requests, in order. Raises MailError when a batch fails, or is too fast again and again."""
        for start in range(0, len(requests), AT_ONCE):
            yield from self._batch(requests[start : start + AT_ONCE], command)

    def _batch(self, requests: Sequence[Small], command: str) -> list[Answer]:
        found: dict[int, Answer] = {}
        for turn in range(_TRIES):
            waiting = {place: each for place, each in enumerate(requests) if place not in found}
            answers = self._post_batch(waiting, command)
            found.update((place, answer) for place, answer in answers.items() if not _is_busy(answer))
            if len(found) == len(requests):
                return [found[place] for place in range(len(requests))]
            if turn < _TRIES - 1:
                self._sleep(2**turn)
        raise ServerBusy(reason="rate limit")

    def _post_batch(self, requests: Mapping[int, Small], command: str) -> dict[int, Answer]:
        parts = [
            f"--{_BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <{place}>\r\n\r\n{each.method} {each.path}\r\n\r\n"
            for place, each in requests.items()
        ]
        body = "".join((*parts, f"--{_BOUNDARY}--\r\n")).encode()
        headers = {"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"}
        answer = self.client.ask("POST", f"{self.url}/batch/gmail/v1", headers=headers, body=body, size_cap=_ANSWER_CAP)
        if not answer.is_good:
            raise self.refusal(answer, command)
        answers = dict(_parts_of(answer))
        if not requests.keys() <= answers.keys():
            raise ProtocolViolation(expected="an answer to each request")
        return answers

    def close(self) -> None:
        """Close all connections; never raises."""
        self.client.close()


def _query(query: Mapping[str, str | Sequence[str]]) -> str:
    return "?" + urlencode(query, doseq=True) if query else ""


def is_refused_for_speed(answer: Answer) -> bool:
    """Whether Google did nothing because too much was asked of it in too short a time."""
    return answer.status == 429 or (answer.status == 403 and bool(_reasons(answer) & _SOON))


def _is_busy(answer: Answer) -> bool:
    return is_refused_for_speed(answer) or answer.status == 503


def _error_in(answer: Answer) -> Object:
    try:
        return object_in(answer.object(), "error")
    except ProtocolViolation:
        return {}


def _reasons(answer: Answer) -> set[str]:
    try:
        return {str(each.get("reason")) for each in objects_in(_error_in(answer), "errors")}
    except ProtocolViolation:
        return set()


def _message(answer: Answer) -> str:
    return str(_error_in(answer).get("message", ""))


def _parts_of(answer: Answer) -> Iterator[tuple[int, Answer]]:
    """(number of the request, its answer) of each part of a multipart/mixed body."""
    _, _, boundary = answer.headers.get("content-type", "").partition("boundary=")
    mark = b"--" + boundary.split(";")[0].strip().strip('"').encode()
    if len(mark) == 2:
        raise ProtocolViolation(expected="multipart/mixed")
    for part in (b"\r\n" + answer.body).split(b"\r\n" + mark)[1:-1]:
        outer, _, inner = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        head, _, body = inner.partition(b"\r\n\r\n")
        number, status = _PART_ID.search(outer.replace(b"\r\n", b"\n")), _STATUS.match(head)
        if number is None or status is None:
            raise ProtocolViolation(expected="a part of a batch")
        yield int(number[1]), Answer(int(status[1]), {}, body, answer.url)
