"""A JMAP server on loopback for what a real one does not do on demand: limits of all kinds, forgotten states, refusals, lies.

It follows RFC 8620 and 8621 as far as mail needs it; a test replaces the answer to a method (`answers`) or alters what goes out.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Encryption, Secret, Server
from servers.scripted_imap import LOOPBACK
from servers.web import Asked, Given, WebServer

ACCOUNT = "a1"
PASSWORD = "harbour-wall"
_CORE, _MAIL = "urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"
_SUBMISSION = "urn:ietf:params:jmap:submission"
Arguments: TypeAlias = Mapping[str, Any]


class MethodError(Exception):
    """An error response to a method call."""

    def __init__(self, kind: str, **more: Any) -> None:
        super().__init__(kind)
        self.arguments = {"type": kind, **more}


@dataclass
class JmapLetter:
    """A letter in one or several mailboxes."""

    letter_id: str
    raw: bytes
    mailboxes: set[str]
    keywords: set[str]
    received_at: datetime


@dataclass
class Box:
    """A mailbox."""

    name: str
    parent: str | None = None
    role: str | None = None


@dataclass
class ScriptedJmap:
    """Start `web`, reach it with `server()`."""

    at_once: int = 500
    most_in_query: int | None = None
    may_send: bool = True
    identities: list[dict[str, Any]] = field(
        default_factory=lambda: [{"id": "i1", "email": ""}, {"id": "i2", "email": "BOB@mooring.example"}]
    )
    answers: dict[str, Callable[[Arguments], Any]] = field(default_factory=dict)
    """By method: what is answered instead; raises MethodError for an error."""
    session: dict[str, Any] = field(default_factory=dict)
    """What stands in the session resource instead."""
    oldest_state: int = 0
    boxes: dict[str, Box] = field(
        default_factory=lambda: {
            "m1": Box("Inbox", role="inbox"),
            "m2": Box("Drafts", role="drafts"),
            "m3": Box("Sent", role="sent"),
        }
    )
    letters: dict[str, JmapLetter] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    history: list[tuple[str, str]] = field(default_factory=list)
    """(kind, id) of each change; the state is how many there were."""

    def __post_init__(self) -> None:
        self.web = WebServer(lambda asked: self.altered(asked, self._answer(asked)))
        self.altered: Callable[[Asked, Given], Given] = lambda asked, given: given
        self.calls: list[tuple[str, Arguments]] = []

    def server(self, path: str = "") -> Server:
        """What an account needs to know."""
        return Server(
            protocol="jmap",
            url=self.web.url(path or "/"),
            encryption=Encryption.NONE,
            user_name="bob",
            password=Secret(PASSWORD),
            plain_login_allowed=True,
            timeout=timedelta(seconds=20),
        )

    @property
    def policy(self) -> EgressPolicy:
        """Loopback is open."""
        return LOOPBACK

    def deliver(self, raw: bytes, *boxes: str, keywords: set[str] | None = None) -> str:
        """A letter arrives; its id. Letters of the same bytes are the same letter."""
        letter_id = "M" + hashlib.sha256(raw).hexdigest()[:24]
        at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(seconds=len(self.history))
        known = self.letters.get(letter_id)
        if known:
            known.mailboxes |= set(boxes or ("m1",))
        else:
            self.letters[letter_id] = JmapLetter(letter_id, raw, set(boxes or ("m1",)), keywords or set(), at)
        self.blobs["B" + letter_id] = raw
        self.history.append(("updated" if known else "created", letter_id))
        return letter_id

    def move(self, letter_id: str, *boxes: str) -> None:
        """A letter is in these mailboxes from now on."""
        self.letters[letter_id].mailboxes = set(boxes)
        self.history.append(("updated", letter_id))

    def mark(self, letter_id: str, *keywords: str) -> None:
        """A letter has these keywords from now on."""
        self.letters[letter_id].keywords = set(keywords)
        self.history.append(("updated", letter_id))

    def destroy(self, letter_id: str) -> None:
        """A letter is gone."""
        del self.letters[letter_id]
        self.history.append(("destroyed", letter_id))

    # -- the door ----------------------------------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Given:
        login = "Basic " + base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
        if asked.headers.get("authorization") != login:
            return Given(401, b"<html>Unauthorized</html>", {"WWW-Authenticate": "Basic", "Content-Type": "text/html"})
        if asked.path == "/.well-known/jmap":
            return Given(301, headers={"Location": self.web.url("/jmap/session")})
        if asked.path == "/jmap/session":
            return Given.of_json({**self._session(), **self.session})
        if asked.path == "/jmap/api" and asked.method == "POST":
            return self._called(json.loads(asked.body))
        if asked.path == f"/jmap/up/{ACCOUNT}" and asked.method == "POST":
            blob = f"U{len(self.blobs)}"
            self.blobs[blob] = asked.body
            return Given.of_json(
                {"accountId": ACCOUNT, "blobId": blob, "type": "message/rfc822", "size": len(asked.body)}, status=201
            )
        blob = asked.path.removeprefix(f"/jmap/down/{ACCOUNT}/").partition("/")[0]
        if blob in self.blobs:
            return Given(200, self.blobs[blob], {"Content-Type": asked.one("as")})
        return Given.of_json({"type": "about:blank", "title": "Not found"}, status=404)

    def _session(self) -> dict[str, Any]:
        limits = {"maxObjectsInGet": self.at_once, "maxObjectsInSet": 500, "maxCallsInRequest": 16}
        own = {_MAIL: {}, **({_SUBMISSION: {}} if self.may_send else {})}
        return {
            "capabilities": {_CORE: limits, _MAIL: {}, _SUBMISSION: {}},
            "accounts": {ACCOUNT: {"name": "bob", "accountCapabilities": own}},
            "primaryAccounts": {_MAIL: ACCOUNT, _SUBMISSION: ACCOUNT},
            "apiUrl": "/jmap/api",
            "downloadUrl": "down/{accountId}/{blobId}/{name}?as={type}",
            "uploadUrl": "/jmap/up/{accountId}",
            "username": "bob",
        }

    def _called(self, request: Mapping[str, Any]) -> Given:
        responses: list[Any] = []
        for name, arguments, place in request["methodCalls"]:
            assert arguments["accountId"] == ACCOUNT
            try:
                resolved = _resolved(arguments, responses)
                self.calls.append((name, resolved))
                if name in self.answers:
                    found = self.answers[name](resolved)
                else:
                    found = getattr(self, "_" + name.replace("/", "_").lower())(resolved)
                responses.append([name, found, place])
            except MethodError as error:
                responses.append(["error", error.arguments, place])
        return Given.of_json({"methodResponses": responses, "sessionState": "0"})

    # -- methods -----------------------------------------------------------------------------------------------------

    def _mailbox_get(self, arguments: Arguments) -> dict[str, Any]:
        ids = list(self.boxes) if arguments["ids"] is None else [each for each in arguments["ids"] if each in self.boxes]
        shown = [
            {
                "id": each,
                "name": self.boxes[each].name,
                "parentId": self.boxes[each].parent,
                "role": self.boxes[each].role,
                "totalEmails": sum(each in letter.mailboxes for letter in self.letters.values()),
            }
            for each in ids
        ]
        return {"state": "0", "list": shown, "notFound": []}

    def _email_get(self, arguments: Arguments) -> dict[str, Any]:
        if len(arguments["ids"]) > self.at_once:
            raise MethodError("requestTooLarge")
        here = [each for each in arguments["ids"] if each in self.letters]
        shown = [{name: self._shown(self.letters[each])[name] for name in arguments["properties"]} for each in here]
        missing = [each for each in arguments["ids"] if each not in self.letters]
        return {"state": str(len(self.history)), "list": shown, "notFound": missing}

    def _shown(self, letter: JmapLetter) -> dict[str, Any]:
        head = letter.raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b"\0").decode("utf-8", "replace").split("\r\n")
        fields = [line.replace("\0", "\r\n ").partition(":") for line in head]
        ids = [value.strip().strip("<>") for name, _, value in fields if name.lower() == "message-id"]
        return {
            "id": letter.letter_id,
            "blobId": "B" + letter.letter_id,
            "mailboxIds": dict.fromkeys(sorted(letter.mailboxes), True),
            "keywords": dict.fromkeys(sorted(letter.keywords), True),
            "size": len(letter.raw),
            "receivedAt": letter.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "headers": [{"name": name, "value": value} for name, _, value in fields],
            "messageId": ids or None,
        }

    def _email_changes(self, arguments: Arguments) -> dict[str, Any]:
        if not arguments["sinceState"].isdigit():
            raise MethodError("invalidArguments")
        since = int(arguments["sinceState"])
        if since < self.oldest_state:
            raise MethodError("cannotCalculateChanges")
        part = self.history[since : since + arguments["maxChanges"]]
        reached = min(since, len(self.history)) + len(part)
        first, last = {}, {}
        for kind, letter_id in part:
            first.setdefault(letter_id, kind)
            last[letter_id] = kind
        sorted_out: dict[str, list[str]] = {"created": [], "updated": [], "destroyed": []}
        for letter_id, kind in last.items():
            sorted_out["created" if kind != "destroyed" and first[letter_id] == "created" else kind].append(letter_id)
        has_more = reached < len(self.history)
        return {"oldState": str(since), "newState": str(reached), "hasMoreChanges": has_more, **sorted_out}

    def _email_query(self, arguments: Arguments) -> dict[str, Any]:
        wanted = arguments["filter"]
        if wanted["inMailbox"] not in self.boxes:
            raise MethodError("invalidArguments", arguments=["filter/inMailbox"])
        found = sorted(self.letters.values(), key=lambda letter: letter.received_at, reverse=True)
        ids = [letter.letter_id for letter in found if wanted["inMailbox"] in letter.mailboxes and self._has(letter, wanted)]
        start = arguments.get("position", 0)
        if "anchor" in arguments:
            if arguments["anchor"] not in ids:
                raise MethodError("anchorNotFound")
            start = ids.index(arguments["anchor"]) + arguments["anchorOffset"]
        limit = min(arguments["limit"], self.most_in_query or arguments["limit"])
        lowered = {"limit": limit} if limit < arguments["limit"] else {}
        return {"queryState": "0", "ids": ids[start : start + limit], "position": start, **lowered}

    @staticmethod
    def _has(letter: JmapLetter, wanted: Arguments) -> bool:
        if "header" not in wanted:
            return True
        return wanted["header"][1].lower().encode() in letter.raw.partition(b"\r\n\r\n")[0].lower()

    def _email_import(self, arguments: Arguments) -> dict[str, Any]:
        created = {}
        for key, email in arguments["emails"].items():
            letter_id = self.deliver(self.blobs[email["blobId"]], *email["mailboxIds"], keywords=set(email["keywords"]))
            created[key] = {"id": letter_id, "blobId": "B" + letter_id, "size": len(self.blobs[email["blobId"]])}
        return {"created": created, "notCreated": {}}

    def _email_set(self, arguments: Arguments) -> dict[str, Any]:
        if arguments.get("ifInState", str(len(self.history))) != str(len(self.history)):
            raise MethodError("stateMismatch")
        for letter_id, patch in arguments.get("update", {}).items():
            self._patch(letter_id, patch)
        for letter_id in arguments.get("destroy", []):
            self.destroy(letter_id)
        updated = dict.fromkeys(arguments.get("update", {}))
        return {"updated": updated, "destroyed": list(arguments.get("destroy", []))}

    def _patch(self, letter_id: str, patch: Mapping[str, Any]) -> None:
        letter = self.letters[letter_id]
        for path, value in patch.items():
            what, _, name = path.partition("/")
            those = letter.mailboxes if what == "mailboxIds" else letter.keywords
            if value:
                those.add(name)
            else:
                those.discard(name)
        self.history.append(("updated", letter_id))

    def _identity_get(self, arguments: Arguments) -> dict[str, Any]:
        return {"state": "0", "list": self.identities}

    def _emailsubmission_set(self, arguments: Arguments) -> dict[str, Any]:
        created = {}
        for key, submission in arguments["create"].items():
            self.submissions.append(submission)
            created[key] = {"id": f"S{len(self.submissions)}"}
            self._patch(submission["emailId"], arguments["onSuccessUpdateEmail"]["#" + key])
        return {"created": created}


def _resolved(arguments: Mapping[str, Any], responses: list[Any]) -> dict[str, Any]:
    """References to earlier results in place (RFC 8620, 3.7)."""
    found = {name: value for name, value in arguments.items() if not name.startswith("#")}
    for name, reference in arguments.items():
        if name.startswith("#"):
            earlier = next((each for each in responses if each[2] == reference["resultOf"]), None)
            if earlier is None or earlier[0] != reference["name"]:
                raise MethodError("invalidResultReference")
            found[name[1:]] = earlier[1][reference["path"].strip("/")]
    return found
