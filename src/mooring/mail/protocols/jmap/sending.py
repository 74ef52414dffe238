"""Letters sent over JMAP (RFC 8621, section 7): imported as a draft, submitted, and moved to Sent by the server.

Promises: until `before_data` nothing but a draft exists; a draft that was not accepted is taken away again. The envelope is
the account's own, so Bcc needs no header. An identity is chosen by the sender's address, or else the server's first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import AllRecipientsRefused, FateUnknown, LetterRefused, MailError, ProtocolViolation, SendingNotOffered
from mooring.mail.protocols.authorised import Authorised
from mooring.mail.protocols.jmap.changing import remove
from mooring.mail.protocols.jmap.folders import list_folders
from mooring.mail.protocols.jmap.session import CORE, MAIL, SUBMISSION, Calls, MethodRefused, find_session, session_url
from mooring.mail.protocols.json_shapes import Object, object_in, objects_in, text_in, texts_in
from mooring.mail.protocols.reaching import resolve
from mooring.mail.types import Envelope, Folder, Refusal, Sent, Server

_USING: Final = (CORE, MAIL, SUBMISSION)
_FOR_NOW: Final = frozenset({"rateLimit", "overQuota", "serverFail", "serverUnavailable"})


class JmapSender:
    """Fulfils contract.Outgoing once its stages have run."""

    keeps_sent_copy = True

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._server = server
        self._url = session_url(server)
        self._policy = policy
        self._client = Authorised(server, policy=policy)
        self._opened: Calls | None = None
        self._identities: list[Object] = []
        self._drafts: Folder | None = None
        self._sent: Folder | None = None

    def stages(self) -> Sequence[Stage]:
        """The steps of opening: "resolve", "log_in"."""
        return (Stage("resolve", lambda: resolve(self._url, self._policy)), Stage("log_in", self._log_in))

    def _log_in(self) -> dict[str, str]:
        calls = Calls(self._client, find_session(self._client, self._url))
        if not calls.session.submission_account:
            raise SendingNotOffered
        (answer,) = calls.call(("Identity/get", {"ids": None}), using=_USING, account=calls.session.submission_account)
        self._identities = objects_in(answer, "list")
        by_use = {folder.special_use: folder for folder in reversed(list_folders(calls))}
        self._sent = by_use.get("sent") or by_use.get("inbox")
        self._drafts = by_use.get("drafts") or self._sent
        if not self._identities or self._sent is None:
            raise SendingNotOffered
        self._opened = calls
        return {}

    def send(self, envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
        """See mail.contract. Refused recipients are known here only when all are refused."""
        calls, drafts, sent = self._opened, self._drafts, self._sent
        if calls is None or drafts is None or sent is None:
            raise ProtocolViolation(expected="an opened connection")
        email_id = self._draft(calls, drafts, raw)
        before_data()
        try:
            (answer,) = calls.call(
                ("EmailSubmission/set", self._submission(envelope, email_id, drafts, sent)),
                using=_USING,
                account=calls.session.submission_account,
            )
            created, refused = object_in(answer, "created").get("it"), object_in(object_in(answer, "notCreated"), "it")
        except MethodRefused as error:
            self._forget(calls, drafts, email_id)
            raise LetterRefused(error.server_said, is_permanent=True, reply_code="", status="") from error
        except MailError as error:
            raise FateUnknown(error.server_said, host=self._server.host or self._url) from error
        if isinstance(created, dict):
            return Sent(remote_id=email_id)
        if not refused:
            raise FateUnknown(host=self._server.host or self._url)
        self._forget(calls, drafts, email_id)
        raise _refused(refused)

    def _draft(self, calls: Calls, drafts: Folder, raw: bytes) -> str:
        email = {"blobId": calls.upload(raw), "mailboxIds": {drafts.wire_name: True}, "keywords": {"$seen": True, "$draft": True}}
        (answer,) = calls.call(("Email/import", {"emails": {"it": email}}))
        created = object_in(answer, "created").get("it")
        if isinstance(created, dict):
            return text_in(created, "id")
        error = object_in(object_in(answer, "notCreated"), "it")
        if error.get("type") == "alreadyExists":
            return text_in(error, "existingId")
        raise _refused(error)

    def _submission(self, envelope: Envelope, email_id: str, drafts: Folder, sent: Folder) -> Object:
        moved: Object = {f"mailboxIds/{drafts.wire_name}": None} if drafts != sent else {}
        return {
            "create": {
                "it": {
                    "identityId": self._identity_for(envelope.sender),
                    "emailId": email_id,
                    "envelope": {
                        "mailFrom": {"email": envelope.sender, "parameters": None},
                        "rcptTo": [{"email": each, "parameters": None} for each in envelope.recipients],
                    },
                }
            },
            "onSuccessUpdateEmail": {"#it": {**moved, f"mailboxIds/{sent.wire_name}": True, "keywords/$draft": None}},
        }

    def _identity_for(self, sender: str) -> str:
        for identity in self._identities:
            if str(identity.get("email", "")).casefold() == sender.casefold():
                return text_in(identity, "id")
        return text_in(self._identities[0], "id")

    def _forget(self, calls: Calls, drafts: Folder, email_id: str) -> None:
        """Take the draft away; where that fails it stays among the drafts, and is no reason to say anything else."""
        with contextlib.suppress(MailError):
            remove(calls, drafts, [email_id])

    def close(self) -> None:
        """Close all connections; never raises."""
        self._client.close()
        self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _refused(error: Object) -> LetterRefused:
    kind, said = str(error.get("type", "")), str(error.get("description", ""))
    recipients = texts_in(error, "invalidRecipients")
    is_permanent = kind not in _FOR_NOW
    if kind in ("invalidRecipients", "noRecipients") and recipients:
        return AllRecipientsRefused([Refusal(each, server_said=said, is_permanent=is_permanent) for each in recipients])
    return LetterRefused(f"{kind} {said}".strip(), is_permanent=is_permanent)
