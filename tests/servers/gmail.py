"""The Gmail API on loopback, after the published rules: labels, history, pages, batches, uploads, limits.

It is strict where Google is strict (unknown parameters and labels, more than 100 requests in a batch, rights) and does what
Google may do: small pages, history that names letters without saying what they are now, history forgotten with 404, limits in
both forms.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Encryption, Login, Server
from servers.google_mailbox import SYSTEM_LABELS, GoogleLetter, GoogleMailbox
from servers.scripted_imap import LOOPBACK
from servers.tokens import Tokens
from servers.web import Asked, Given, WebServer

ME = "/gmail/v1/users/me"
_FIXED = frozenset({"SENT", "DRAFT", "CHAT"})
_MOST_IN_BATCH = 100
_RESPONSE = "batch_foobarbaz"


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        super().__init__(reason)
        said = message or f"{reason}."
        error = {"code": status, "message": said, "errors": [{"message": said, "domain": "global", "reason": reason}]}
        self.given = Given.of_json({"error": error}, status=status)


class GmailServer:
    """One mailbox behind the interface. `throttled` requests are refused first, with these reasons."""

    def __init__(self, *, first_at: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC), page_cap: int = 500) -> None:
        self.mailbox = GoogleMailbox(first_at)
        self.tokens = Tokens()
        self.throttled: list[tuple[int, str]] = []
        self.throttled_parts: list[tuple[int, str]] = []
        """Refusals of parts of batches, the whole of which is let through."""
        self.sent: list[bytes] = []
        self.oldest_history = 0
        self.page_cap = page_cap
        self.may_delete = True
        """Whether the token has the scope https://mail.google.com/."""
        self.web = WebServer(lambda asked: self.altered(asked, self._judged(asked)))
        self.altered: Callable[[Asked, Given], Given] = lambda asked, given: given
        """What a test makes of an answer on its way out."""

    def server(self) -> Server:
        """What an account needs to know."""
        return Server(
            protocol="gmail",
            url=self.web.url("").rstrip("/"),
            encryption=Encryption.NONE,
            user_name="bob@mooring.example",
            login=Login.TOKEN,
            token=self.tokens,
            plain_login_allowed=True,
            timeout=timedelta(seconds=20),
        )

    @property
    def policy(self) -> EgressPolicy:
        """Loopback is open."""
        return LOOPBACK

    def alter(self, path: str, given: Given | Callable[[Given], Given], *, times: int = 1_000) -> None:
        """Answers to requests whose path ends so are replaced, or changed."""
        left = [times]

        def changed(asked: Asked, true: Given) -> Given:
            if not asked.path.endswith(path) or not left[0]:
                return true
            left[0] -= 1
            return given if isinstance(given, Given) else given(true)

        self.altered = changed

    def forget_history(self) -> None:
        """All that happened so far is no longer told."""
        self.oldest_history = self.mailbox.history_id

    # -- the door ----------------------------------------------------------------------------------------------------

    def _judged(self, asked: Asked) -> Given:
        try:
            if not self.tokens.is_good(asked.headers.get("authorization", "")):
                raise Refused(401, "authError", "Invalid Credentials")
            self._throttle(self.throttled)
            if asked.path == "/batch/gmail/v1" and asked.method == "POST":
                return self._batch(asked)
            return self._dispatched(asked)
        except Refused as refused:
            return refused.given

    def _throttle(self, refusals: list[tuple[int, str]]) -> None:
        if refusals:
            raise Refused(*refusals.pop(0))

    def _dispatched(self, asked: Asked) -> Given:
        if asked.path.startswith(f"/upload{ME}/messages"):
            return self._uploaded(asked, asked.path.removeprefix(f"/upload{ME}/messages"))
        parts = asked.path.removeprefix(ME).strip("/").split("/")
        match asked.method, parts:
            case "GET", ["profile"]:
                return Given.of_json({"emailAddress": "bob@mooring.example", "historyId": str(self.mailbox.history_id)})
            case "GET", ["labels"]:
                return Given.of_json({"labels": [self._label(each) for each in (*SYSTEM_LABELS, *self.mailbox.labels)]})
            case "GET", ["labels", label]:
                return Given.of_json(_picked({**self._label(label), **self._counts(label)}, asked))
            case "GET", ["history"]:
                return self._history(asked)
            case "GET", ["messages"]:
                return self._listed(asked)
            case "POST", ["messages", ("batchModify" | "batchDelete") as deed]:
                return self._many(deed, json.loads(asked.body))
            case "GET", ["messages", letter]:
                return Given.of_json(_picked(self._shown(self._letter(letter), asked), asked))
            case "POST", ["messages", letter, "trash"]:
                self.mailbox.bin(self._letter(letter).letter_id)
                return Given.of_json({"id": letter})
        raise Refused(404, "notFound", "Requested entity was not found.")

    def _batch(self, asked: Asked) -> Given:
        boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
        parts = asked.body.split(b"--" + boundary)[1:-1]
        if len(parts) > _MOST_IN_BATCH:
            raise Refused(400, "badRequest", "The batch request exceeds 100 calls.")
        answers = [self._in_batch(part) for part in parts]
        body = b"".join(b"--%s\r\n%s\r\n" % (_RESPONSE.encode(), answer) for answer in answers) + f"--{_RESPONSE}--\r\n".encode()
        return Given(200, body, {"Content-Type": f'multipart/mixed; boundary="{_RESPONSE}"'})

    def _in_batch(self, part: bytes) -> bytes:
        outer, _, request = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb"Content-ID: <(.*)>", outer)
        assert name is not None
        assert b"Content-Type: application/http" in outer
        method, target = request.split(b"\r\n")[0].decode().split(" ")[:2]
        parts = urlsplit(target)
        try:
            self._throttle(self.throttled_parts)
            given = self._dispatched(Asked(method, parts.path, parse_qs(parts.query, keep_blank_values=True), {}, b""))
        except Refused as refused:
            given = refused.given
        head = (
            f"Content-Type: application/http\r\nContent-ID: <response-{name[1].decode()}>\r\n\r\nHTTP/1.1 {given.status} Said\r\n"
        )
        return (
            head.encode() + f"Content-Type: application/json\r\nContent-Length: {len(given.body)}\r\n\r\n".encode() + given.body
        )

    # -- labels ------------------------------------------------------------------------------------------------------

    def _label(self, label: str) -> dict[str, Any]:
        if label in self.mailbox.labels:
            return {"id": label, "name": self.mailbox.labels[label], "type": "user"}
        if label in SYSTEM_LABELS:
            return {"id": label, "name": label, "type": "system"}
        raise Refused(404, "notFound", "Requested entity was not found.")

    def _counts(self, label: str) -> dict[str, Any]:
        return {"messagesTotal": sum(label in letter.labels for letter in self.mailbox.letters.values())}

    def _known_labels(self, labels: Iterable[str]) -> set[str]:
        unknown = set(labels) - {*SYSTEM_LABELS, *self.mailbox.labels}
        if unknown:
            raise Refused(400, "invalidArgument", f"Invalid label: {min(unknown)}")
        return set(labels)

    # -- messages ----------------------------------------------------------------------------------------------------

    def _letter(self, letter_id: str) -> GoogleLetter:
        if not re.fullmatch(r"[0-9a-f]{1,16}", letter_id):
            raise Refused(400, "invalidArgument", "Invalid id value")
        if letter_id not in self.mailbox.letters:
            raise Refused(404, "notFound", "Requested entity was not found.")
        return self.mailbox.letters[letter_id]

    def _shown(self, letter: GoogleLetter, asked: Asked) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": letter.letter_id,
            "threadId": letter.thread_id,
            "labelIds": sorted(letter.labels),
            "sizeEstimate": len(letter.raw) - 3,
            "internalDate": str(letter.internal_date),
            "historyId": str(self.mailbox.history_id),
        }
        kind = asked.one("format", "full").lower()
        if kind == "raw":
            found["raw"] = base64.urlsafe_b64encode(letter.raw).decode().rstrip("=")
        elif kind == "metadata":
            wanted = {name.lower() for name in asked.query.get("metadataHeaders", [])}
            headers = BytesHeaderParser().parsebytes(letter.raw).items()
            found["payload"] = {"headers": [{"name": n, "value": str(v)} for n, v in headers if n.lower() in wanted]}
        elif kind != "minimal":
            raise Refused(400, "badRequest")
        return found

    def _page(self, asked: Asked, whole: list[Any], default: int) -> tuple[list[Any], dict[str, str]]:
        start = int(asked.one("pageToken", "0"))
        size = min(int(asked.one("maxResults", str(default))), 500, self.page_cap)
        more = {"nextPageToken": str(start + size)} if start + size < len(whole) else {}
        return whole[start : start + size], more

    def _listed(self, asked: Asked) -> Given:
        _only_known(asked, "labelIds", "q", "maxResults", "pageToken", "includeSpamTrash", "fields")
        wanted = self._known_labels(asked.query.get("labelIds", []))
        hidden = set() if asked.one("includeSpamTrash") == "true" else {"SPAM", "TRASH"}
        found = [
            letter
            for letter in sorted(self.mailbox.letters.values(), key=lambda letter: letter.internal_date, reverse=True)
            if wanted <= letter.labels and not hidden & letter.labels and _fits(letter, asked.one("q"))
        ]
        page, more = self._page(asked, [{"id": each.letter_id, "threadId": each.thread_id} for each in found], 100)
        return Given.of_json({**({"messages": page} if page else {}), "resultSizeEstimate": len(found), **more})

    def _history(self, asked: Asked) -> Given:
        _only_known(asked, "startHistoryId", "maxResults", "pageToken", "labelId", "historyTypes", "fields")
        start = int(asked.one("startHistoryId"))
        if start < max(self.oldest_history, 1_000):
            raise Refused(404, "notFound", "Requested entity was not found.")
        events = [event for event in self.mailbox.history if event.number > start]
        records = []
        for event in events:
            named = {"id": event.letter_id, "threadId": event.letter_id}
            labels = {"labelIds": list(event.labels)} if event.labels else {}
            records.append({"id": str(event.number), "messages": [named], event.kind: [{"message": named, **labels}]})
        page, more = self._page(asked, records, 100)
        return Given.of_json({**({"history": page} if page else {}), "historyId": str(self.mailbox.history_id), **more})

    def _many(self, deed: str, change: Mapping[str, Any]) -> Given:
        if deed == "batchDelete":
            if not self.may_delete:
                raise Refused(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
            for letter_id in change["ids"]:
                self.mailbox.delete(letter_id)
            return Given(204)
        add, remove = (self._known_labels(change.get(name, [])) for name in ("addLabelIds", "removeLabelIds"))
        if (add | remove) & _FIXED:
            raise Refused(400, "invalidArgument", "Cannot change this label")
        for letter_id in change["ids"]:
            self.mailbox.relabel(letter_id, add=add, remove=remove)
        return Given(204)

    # -- uploads -----------------------------------------------------------------------------------------------------

    def _uploaded(self, asked: Asked, deed: str) -> Given:
        if asked.one("uploadType") == "media" and asked.headers.get("content-type") == "message/rfc822" and deed == "/send":
            return self._taken(asked.body, "")
        if asked.one("uploadType") == "multipart" and deed in ("", "/send"):
            boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
            _, described, letter, _ = (b"\r\n" + asked.body).split(b"\r\n--" + boundary)
            said, raw = json.loads(described.partition(b"\r\n\r\n")[2]), letter.partition(b"\r\n\r\n")[2]
            if deed == "/send":
                return self._taken(raw, said.get("threadId", ""))
            labels = said["labelIds"]
            letter_id = self.mailbox.deliver(raw, labels=self._known_labels(labels))
            return Given.of_json({"id": letter_id, "threadId": letter_id, "labelIds": labels})
        raise Refused(400, "badRequest", "Bad upload")

    def _taken(self, raw: bytes, thread_id: str) -> Given:
        """A letter to be sent, which goes into the conversation named."""
        head = b"\r\n" + raw.partition(b"\r\n\r\n")[0].lower()
        if not any(b"\r\n%s:" % name in head for name in (b"to", b"cc", b"bcc")):
            raise Refused(400, "invalidArgument", "Recipient address required")
        if thread_id and all(letter.thread_id != thread_id for letter in self.mailbox.letters.values()):
            raise Refused(404, "notFound", "Requested entity was not found.")
        self.sent.append(raw)
        letter_id = self.mailbox.deliver(raw, labels=["SENT"], thread_id=thread_id)
        return Given.of_json({"id": letter_id, "threadId": thread_id or letter_id, "labelIds": ["SENT"]})


def _only_known(asked: Asked, *names: str) -> None:
    unknown = set(asked.query) - set(names)
    if unknown:
        raise Refused(400, "badRequest", f"Unknown name {min(unknown)!r}")


def _picked(found: dict[str, Any], asked: Asked) -> dict[str, Any]:
    if "fields" not in asked.query:
        return found
    return {name: value for name, value in found.items() if name in asked.one("fields").split(",")}


def _fits(letter: GoogleLetter, query: str) -> bool:
    """Gmail's search: words that all must fit; Message-IDs without regard to case, as a part of the whole."""
    for word in query.split():
        name, _, value = word.partition(":")
        if name == "-in":
            if {"drafts": "DRAFT", "chats": "CHAT"}[value] in letter.labels:
                return False
        elif name == "rfc822msgid":
            if value.lower().encode() not in letter.raw.partition(b"\r\n\r\n")[0].lower():
                return False
        else:
            raise Refused(400, "badRequest", f"Unknown operator {name!r}")
    return True
