"""The JMAP session of an account, and calls of methods in it (RFC 8620, sections 2 and 3).

The session resource is found at the address given, or at /.well-known/jmap of it; what it names relatively is resolved against
where it was found in the end, since Cyrus names everything so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from mooring.mail.errors import CommandRefused, MailError, ProtocolViolation, ServerBusy, ServerUnavailable
from mooring.mail.http import Answer, Redirects, refusal
from mooring.mail.protocols.authorised import Authorised
from mooring.mail.protocols.json_shapes import Object, number_in, object_in, text_in
from mooring.mail.types import Encryption, Server

CORE: Final = "urn:ietf:params:jmap:core"
MAIL: Final = "urn:ietf:params:jmap:mail"
SUBMISSION: Final = "urn:ietf:params:jmap:submission"
WELL_KNOWN: Final = "/.well-known/jmap"
_ANSWER_CAP: Final = 64 * 2**20
_MOST_AT_ONCE: Final = 500
Invocation: TypeAlias = tuple[str, Object]


class MethodRefused(CommandRefused):
    """The server answered a method call with an error. `kind` is its type, such as "cannotCalculateChanges"."""

    def __init__(self, kind: str, server_said: str = "", *, command: str) -> None:
        super().__init__(f"{kind} {server_said}".strip(), command=command)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Session:
    """What the session resource says about the mailbox."""

    api_url: str
    download_url: str
    upload_url: str
    account: str
    submission_account: str
    """Empty where the server sends no letters for this account."""
    at_once: int
    """Objects in one call of get or set."""


def session_url(server: Server) -> str:
    """Where to look for the session: the address given, completed where it names no page."""
    scheme = "http" if server.encryption is Encryption.NONE else "https"
    default = {"http": 80, "https": 443}[scheme]
    url = server.url or f"{scheme}://{server.host}" + (f":{server.port}" if server.port not in (0, default) else "")
    return url if urlsplit(url).path.strip("/") else urljoin(url, WELL_KNOWN)


def find_session(client: Authorised, url: str) -> Session:
    """Read the session resource. Raises MailError, ProtocolViolation where there is none."""
    is_encrypted = urlsplit(url).scheme == "https"
    redirects = Redirects.ANYWHERE if is_encrypted else Redirects.SAME_HOST
    answer = client.good("GET", url, command="session", headers={"Accept": "application/json"}, redirects=redirects)
    found = answer.object()
    account = text_in(object_in(found, "primaryAccounts"), MAIL)
    core = object_in(object_in(found, "capabilities"), CORE)
    own = object_in(object_in(found, "accounts"), account)
    limits = [number_in(core, name, default=_MOST_AT_ONCE) for name in ("maxObjectsInGet", "maxObjectsInSet")]
    return Session(
        api_url=_resolved(answer, text_in(found, "apiUrl")),
        download_url=_resolved(answer, text_in(found, "downloadUrl")),
        upload_url=_resolved(answer, text_in(found, "uploadUrl")),
        account=account,
        submission_account=account if SUBMISSION in object_in(own, "accountCapabilities") else "",
        at_once=max(1, min(*limits, _MOST_AT_ONCE)),
    )


def _resolved(answer: Answer, url: str) -> str:
    """An address that the session names. Nothing leads from an encrypted session to an unencrypted place."""
    try:
        resolved = urljoin(answer.url, url)
        is_worse = urlsplit(answer.url).scheme == "https" and urlsplit(resolved).scheme != "https"
    except ValueError as error:
        raise ProtocolViolation(expected="an address") from error
    if is_worse:
        raise ProtocolViolation(expected="an encrypted address")
    return resolved


class Calls:
    """Method calls and blobs of one session."""

    def __init__(self, client: Authorised, session: Session) -> None:
        self._client = client
        self.session = session

    def call(self, *invocations: Invocation, using: Sequence[str] = (CORE, MAIL), account: str = "") -> list[Object]:
        """The arguments of each response, in order, from one request. Raises MethodRefused for the first error, or a MailError.

        A later call refers to an earlier one by its place, "0" being the first (`ref`).
        """
        named = account or self.session.account
        calls = [[name, {"accountId": named, **arguments}, str(place)] for place, (name, arguments) in enumerate(invocations)]
        body = json.dumps({"using": list(using), "methodCalls": calls}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = self._client.good(
            "POST", self.session.api_url, command=invocations[0][0], headers=headers, body=body, size_cap=_ANSWER_CAP
        )
        responses = answer.object().get("methodResponses")
        if not isinstance(responses, list):
            raise ProtocolViolation(expected="methodResponses")
        return [_arguments_of(responses, str(place), name) for place, (name, _arguments) in enumerate(invocations)]

    def upload(self, raw: bytes) -> str:
        """Hand the server a letter; the id of the blob."""
        url = filled(self.session.upload_url, accountId=self.session.account)
        answer = self._client.good("POST", url, command="upload", headers={"Content-Type": "message/rfc822"}, body=raw)
        return text_in(answer.object(), "blobId")

    def download(self, blob_id: str, *, size: int) -> bytes | None:
        """A letter byte for byte; None when it is gone. Raises ProtocolViolation when it is not as long as it was said to be."""
        url = filled(
            self.session.download_url, accountId=self.session.account, blobId=blob_id, name="letter.eml", type="message/rfc822"
        )
        answer = self._client.ask("GET", url, size_cap=size)
        if answer.status == 404:
            return None
        if not answer.is_good:
            raise refusal(answer, command="download", user=self._client.user)
        if len(answer.body) != size:
            raise ProtocolViolation(expected=f"{size} bytes")
        return answer.body


def ref(place: int, name: str, path: str) -> Object:
    """A reference to the result of an earlier call in the same request (RFC 8620, section 3.7)."""
    return {"resultOf": str(place), "name": name, "path": path}


def filled(template: str, **values: str) -> str:
    """A URL template of level 1 (RFC 6570) with its variables filled in."""
    for name, value in values.items():
        template = template.replace("{" + name + "}", quote(value, safe=""))
    return template


def _arguments_of(responses: Sequence[object], place: str, command: str) -> Object:
    """The response to the call at that place. Implicit further responses (RFC 8620, 5.4 and RFC 8621, 7.5) come after it."""
    for response in responses:
        match response:
            case ["error", dict(error), str(answered)] if answered == place:
                raise _error_for(error, command)
            case [str(name), dict(arguments), str(answered)] if answered == place and name == command:
                return arguments
    raise ProtocolViolation(expected=f"an answer to {command}")


def _error_for(error: Object, command: str) -> MailError:
    kind, said = str(error.get("type", "")), str(error.get("description", ""))
    if kind in ("serverUnavailable", "serverFail", "serverPartialFail"):
        return ServerUnavailable(f"{kind} {said}".strip(), host="")
    if kind in ("rateLimit", "overQuota"):
        return ServerBusy(f"{kind} {said}".strip(), reason=kind)
    return MethodRefused(kind, said, command=command)


def failures_in(arguments: Object, name: str) -> dict[str, str]:
    """Why objects were not created, updated or destroyed: id -> type of the SetError."""
    return {key: str(error.get("type", "")) for key, error in object_in(arguments, name).items() if isinstance(error, dict)}
