"""Microsoft Graph on loopback, for mail, after the published rules: delta tokens and pages, immutable ids, batches, throttling.

It is strict where Graph is strict (unknown parameters, malformed ids, a fifth request at once) and does what Graph may do: pages
are small, a letter comes twice in a first round, updates name only what changed, links expire with 410.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Encryption, Login, Server
from servers.exchange import WELL_KNOWN, Exchange, ExchangeLetter
from servers.scripted_imap import LOOPBACK
from servers.tokens import Tokens
from servers.web import Asked, Given, WebServer

BASE = "/v1.0"
_SIZE = "Integer 0x0E08"
_EXPAND = f"singleValueExtendedProperties($filter=id eq '{_SIZE}')"
_OF_MESSAGES = frozenset(
    {"receivedDateTime", "isRead", "isDraft", "flag", "parentFolderId", "internetMessageId", "subject", "id", "conversationId"}
)
_OF_FOLDERS = frozenset(
    {"displayName", "parentFolderId", "totalItemCount", "unreadItemCount", "childFolderCount", "isHidden", "id"}
)
_MOST_AT_ONCE = 4
_MOST_IN_BATCH = 20
_DEFAULT_PAGE = 10


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str = "", **headers: str) -> None:
        super().__init__(code)
        error = {"error": {"code": code, "message": message or f"{code}.", "innerError": {"request-id": "0"}}}
        self.given = Given.of_json(error, status=status, headers={n.replace("_", "-"): value for n, value in headers.items()})


class GraphServer:
    """One mailbox behind the interface. `throttled` requests are refused first, each asked to wait so many seconds."""

    def __init__(self, *, first_at: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC), page_cap: int = 1_000) -> None:
        self.mailbox = Exchange(first_at)
        self.tokens = Tokens()
        self.throttled: list[str] = []
        self.sent: list[bytes] = []
        self._states: list[dict[str, Any]] = []
        """What the tokens of links stand for."""
        self.oldest_round = 0
        """Delta links from before this moment of the history have expired."""
        self.page_cap = page_cap
        self.web = WebServer(self._answer)
        self.altered: Callable[[Asked, Given], Given] = lambda asked, given: given
        """What a test makes of an answer on its way out."""

    def server(self) -> Server:
        """What an account needs to know."""
        return Server(
            protocol="graph",
            url=self.web.url(BASE),
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

    def forget_rounds(self) -> None:
        """All delta links given so far expire."""
        self.oldest_round = len(self.mailbox.history) + 1
        self.mailbox.history.append(self.mailbox.history[-1])

    # -- the door ----------------------------------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Given:
        return self.altered(asked, self._judged(asked))

    def _judged(self, asked: Asked) -> Given:
        try:
            if not self.tokens.is_good(asked.headers.get("authorization", "")):
                raise Refused(401, "InvalidAuthenticationToken", "Access token has expired.", WWW_Authenticate="Bearer")
            if self.throttled:
                raise Refused(429, "ApplicationThrottled", Retry_After=self.throttled.pop(0))
            if self.web.at_once > _MOST_AT_ONCE:
                raise Refused(429, "ApplicationThrottled", "over its MailboxConcurrency limit", Retry_After="1")
            if not asked.path.startswith(BASE + "/"):
                raise Refused(404, "ResourceNotFound")
            return self._dispatched(asked, asked.path.removeprefix(BASE))
        except Refused as refused:
            return refused.given

    def _dispatched(self, asked: Asked, path: str) -> Given:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        match asked.method, parts:
            case "POST", ["$batch"]:
                return self._batch(asked)
            case "POST", ["me", "sendMail"]:
                return self._send(asked)
            case "GET", ["me", "mailFolders", "delta"]:
                return self._folders(asked)
            case "GET", ["me", "mailFolders", folder]:
                return self._folder(asked, folder)
            case "GET", ["me", "mailFolders", folder, "messages"]:
                return self._search(asked, folder)
            case "GET", ["me", "mailFolders", folder, "messages", "delta"]:
                return self._delta(asked, self._folder_id(folder))
            case "GET", ["me", "messages", letter]:
                return Given.of_json(self._shown(self._letter(asked, letter), asked, self._selected(asked)))
            case "GET", ["me", "messages", letter, "$value"]:
                return Given(200, self._letter(asked, letter).raw, {"Content-Type": "text/plain"})
            case "DELETE", ["me", "messages", letter]:
                self.mailbox.delete(self._letter(asked, letter).letter_id)
                return Given(204)
        raise Refused(400, "BadRequest", f"Resource not found for the segment {path!r}.")

    def _batch(self, asked: Asked) -> Given:
        requests = json.loads(asked.body)["requests"]
        if len(requests) > _MOST_IN_BATCH:
            raise Refused(400, "BadRequest", "The number of batch request steps exceeds the maximum value of 20.")
        responses = [self._in_batch(each) for each in requests]
        return Given.of_json({"responses": responses[::-1]})

    def _in_batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        parts = urlsplit(request["url"])
        headers = {name.lower(): value for name, value in request.get("headers", {}).items()}
        inner = Asked(request["method"], parts.path, parse_qs(parts.query, keep_blank_values=True), headers, b"")
        try:
            if self.throttled:
                raise Refused(429, "ApplicationThrottled", Retry_After=self.throttled.pop(0))
            given = self._dispatched(inner, parts.path)
        except Refused as refused:
            given = refused.given
        body = {"body": json.loads(given.body)} if given.body else {}
        return {"id": request["id"], "status": given.status, "headers": dict(given.headers), **body}

    # -- folders -----------------------------------------------------------------------------------------------------

    def _folder_id(self, name: str) -> str:
        folder_id = f"AQMk-{name}=" if name in WELL_KNOWN else name
        if folder_id not in self.mailbox.folders:
            raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return folder_id

    def _folder(self, asked: Asked, name: str) -> Given:
        folder = self.mailbox.folders[self._folder_id(name)]
        return Given.of_json(_only(self._folder_shown(folder.folder_id), self._selected(asked, _OF_FOLDERS)))

    def _folder_shown(self, folder_id: str) -> dict[str, Any]:
        folder = self.mailbox.folders[folder_id]
        letters = self.mailbox.in_folder(folder_id)
        return {
            "id": folder.folder_id,
            "displayName": folder.name,
            "parentFolderId": folder.parent,
            "childFolderCount": sum(each.parent == folder_id for each in self.mailbox.folders.values()),
            "unreadItemCount": sum(not each.is_read for each in letters),
            "totalItemCount": len(letters),
            "isHidden": folder.is_hidden,
        }

    def _folders(self, asked: Asked) -> Given:
        state = self._opened(asked.one("$skiptoken")) if "$skiptoken" in asked.query else None
        names = state["select"] if state else sorted(self._selected(asked, _OF_FOLDERS))
        ids = list(self.mailbox.folders)
        start = state["start"] if state else 0
        size = self._page_size(asked)
        page: dict[str, Any] = {
            "value": [_only(self._folder_shown(each), frozenset(names)) for each in ids[start : start + size]]
        }
        if start + size < len(ids):
            page["@odata.nextLink"] = self._link(asked, "$skiptoken", {"select": names, "start": start + size})
        else:
            page["@odata.deltaLink"] = self._link(asked, "$deltatoken", {"select": names})
        return Given.of_json(page)

    # -- messages ----------------------------------------------------------------------------------------------------

    def _letter(self, asked: Asked, letter_id: str) -> ExchangeLetter:
        if not letter_id.startswith(("AAkALg/", "AAMk/")):
            raise Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        for letter in self.mailbox.letters.values():
            if letter_id in (letter.letter_id, letter.place_id):
                return letter
        raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def _selected(self, asked: Asked, known: frozenset[str] = _OF_MESSAGES) -> frozenset[str]:
        unknown = set(asked.query) - {"$select", "$expand", "$filter", "$top", "$orderby"}
        names = frozenset(asked.one("$select").split(",")) if "$select" in asked.query else known
        if unknown or not names <= known or asked.one("$expand", _EXPAND) != _EXPAND:
            raise Refused(400, "BadRequest", "Could not find a property or a query option.")
        return names

    def _shown(
        self, letter: ExchangeLetter, asked: Asked, names: frozenset[str], *, is_expanded: bool | None = None
    ) -> dict[str, Any]:
        is_immutable = 'idtype="immutableid"' in asked.headers.get("prefer", "").lower()
        found = {
            "id": letter.letter_id if is_immutable else letter.place_id,
            "receivedDateTime": letter.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "isRead": letter.is_read,
            "isDraft": False,
            "flag": {"flagStatus": "flagged" if letter.is_flagged else "notFlagged"},
            "parentFolderId": letter.folder,
            "internetMessageId": letter.message_id,
        }
        shown = _only(found, names)
        if is_expanded or (is_expanded is None and "$expand" in asked.query):
            shown["singleValueExtendedProperties"] = [{"id": _SIZE, "value": str(len(letter.raw) + 2_000)}]
        return shown

    def _search(self, asked: Asked, folder: str) -> Given:
        names, condition = self._selected(asked), asked.one("$filter")
        if not (condition.startswith("internetMessageId eq '") and condition.endswith("'")):
            raise Refused(400, "ErrorInvalidUrlQueryFilter")
        wanted = condition.removeprefix("internetMessageId eq '")[:-1].replace("''", "'").lower()
        found = [each for each in self.mailbox.in_folder(self._folder_id(folder)) if each.message_id.lower() == wanted]
        return Given.of_json({"value": [self._shown(each, asked, names) for each in found]})

    # -- the delta of messages ---------------------------------------------------------------------------------------

    def _page_size(self, asked: Asked) -> int:
        for wish in asked.headers.get("prefer", "").split(","):
            if wish.strip().startswith("odata.maxpagesize="):
                return min(int(wish.partition("=")[2]), self.page_cap)
        return min(_DEFAULT_PAGE, self.page_cap)

    def _link(self, asked: Asked, name: str, state: Mapping[str, Any]) -> str:
        self._states.append(dict(state))
        return f"{self.web.url(asked.path)}?{name}=state-{len(self._states)}"

    def _opened(self, token: str) -> dict[str, Any]:
        number = token.removeprefix("state-")
        if not number.isdigit() or not 0 < int(number) <= len(self._states):
            raise Refused(400, "SyncStateInvalid", "Badly formed token.")
        return self._states[int(number) - 1]

    def _delta(self, asked: Asked, folder_id: str) -> Given:
        if "$skiptoken" in asked.query or "$deltatoken" in asked.query:
            state = self._opened(asked.one("$skiptoken") or asked.one("$deltatoken"))
            if state["folder"] != folder_id or state.get("until", state["since"]) < self.oldest_round:
                raise Refused(410, "SyncStateNotFound", "The sync state generation is not found; a new sync is needed.")
        else:
            names = sorted(self._selected(asked))
            state = {"folder": folder_id, "select": names, "expand": "$expand" in asked.query, "since": -1}
        if "todo" not in state:
            state = {**state, "until": len(self.mailbox.history), "todo": self._todo(folder_id, state["since"])}
        size = self._page_size(asked)
        entries = [self._entry(asked, state, *each) for each in state["todo"][:size]]
        page: dict[str, Any] = {"value": entries}
        left = state["todo"][size:]
        if left:
            page["@odata.nextLink"] = self._link(asked, "$skiptoken", {**state, "todo": left})
        else:
            done = {name: state[name] for name in ("folder", "select", "expand")}
            page["@odata.deltaLink"] = self._link(asked, "$deltatoken", {**done, "since": state["until"]})
        return Given.of_json(page)

    def _todo(self, folder_id: str, since: int) -> list[list[Any]]:
        """[id, kind, names of an update] of each entry of a round; in a first round the first letter comes twice."""
        if since < 0:
            whole: list[list[Any]] = [[letter.letter_id, "created", []] for letter in self.mailbox.in_folder(folder_id)]
            return whole + whole[:1]
        changes = self.mailbox.changed_since(folder_id, since)
        return [[letter_id, change.kind, sorted(change.names)] for letter_id, change in changes.items()]

    def _entry(self, asked: Asked, state: Mapping[str, Any], letter_id: str, kind: str, changed: list[str]) -> dict[str, Any]:
        letter = self.mailbox.letters.get(letter_id)
        if kind == "removed" or letter is None or letter.folder != state["folder"]:
            return {"@removed": {"reason": "deleted"}, "id": letter_id}
        names = frozenset(changed if kind == "updated" else state["select"])
        return self._shown(letter, asked, names, is_expanded=state["expand"] and kind == "created")

    # -- sending -----------------------------------------------------------------------------------------------------

    def _send(self, asked: Asked) -> Given:
        if not asked.headers.get("content-type", "").startswith("text/plain"):
            raise Refused(400, "ErrorInvalidRequest")
        try:
            raw = base64.b64decode(asked.body, validate=True)
        except binascii.Error as error:
            raise Refused(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.") from error
        head = b"\r\n" + raw.partition(b"\r\n\r\n")[0].lower()
        if not any(b"\r\n%s:" % name in head for name in (b"to", b"cc", b"bcc")):
            raise Refused(400, "ErrorInvalidRecipients", "At least one recipient is needed.")
        self.sent.append(raw)
        self.mailbox.deliver("AQMk-sentitems=", raw, is_read=True)
        return Given(202)


def _only(found: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {"@odata.etag": 'W/"0"', **{name: value for name, value in found.items() if name in names or name == "id"}}
