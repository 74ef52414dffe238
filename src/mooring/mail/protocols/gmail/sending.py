"""Letters sent by the Gmail API: the MIME as it is, to whom its headers name; the copy in Sent Mail is Gmail's.

An answer is put into the conversation of the letter that it answers: Gmail wants to be told of it besides the headers.

Promises: 200 means that Gmail has the letter. Being too fast means that it has not; an error of the server itself leaves its fate
unknown, and the letter can be looked for by its Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.accepting import accepted
from mooring.mail.protocols.gmail.letters import usable
from mooring.mail.protocols.gmail.requests import ME, Gmail
from mooring.mail.protocols.gmail.uploading import letter_with
from mooring.mail.protocols.header_recipients import with_recipients
from mooring.mail.protocols.json_shapes import text_in
from mooring.mail.protocols.reaching import resolve
from mooring.mail.types import Envelope, Sent, Server


class GmailSender:
    """Fulfils contract.Outgoing once its stages have run."""

    keeps_sent_copy = True

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._policy = policy
        self._gmail = Gmail(server, policy=policy, is_sending=True)

    def stages(self) -> Sequence[Stage]:
        """The steps of opening: "resolve", "log_in"."""
        return (Stage("resolve", lambda: resolve(self._gmail.url, self._policy)), Stage("log_in", self._log_in))

    def _log_in(self) -> dict[str, str]:
        self._gmail.get(f"{ME}/profile", command="profile")
        return {}

    def send(self, envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
        """See mail.contract. Recipients whom Gmail cannot reach are told about in a letter to the sender."""
        body = with_recipients(raw, envelope)
        thread_id = self._conversation_of(envelope.answers)
        way, kind = "media", "message/rfc822"
        if thread_id:
            way, (body, kind) = "multipart", letter_with({"threadId": thread_id}, body)
        url = f"{self._gmail.url}/upload{ME}/messages/send?uploadType={way}"
        before_data()
        answer = accepted(
            lambda: self._gmail.client.ask("POST", url, headers={"Content-Type": kind}, body=body),
            url=url,
            refusal_of=lambda answer: self._gmail.refusal(answer, "send"),
        )
        try:
            return Sent(remote_id=text_in(answer.object(), "id"))
        except ProtocolViolation:
            return Sent()

    def _conversation_of(self, server_id: str) -> str:
        """The id of the conversation in which the letter lies; "" where Gmail does not know it: it is then sent without."""
        if not usable([server_id]):
            return ""
        try:
            answer = self._gmail.ask(f"{ME}/messages/{server_id}", format="minimal", fields="threadId")
            return text_in(answer.object(), "threadId") if answer.is_good else ""
        except ProtocolViolation:
            return ""

    def close(self) -> None:
        """Close all connections; never raises."""
        self._gmail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
