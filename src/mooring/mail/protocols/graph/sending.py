"""Letters sent by Microsoft Graph: the MIME as it is, to whom its headers name; the copy in Sent Items is Exchange's.

Promises: 202 means that Exchange has the letter. Being throttled (429) means that it has not; another error of the server itself
leaves its fate unknown, and the letter can be looked for by its Message-ID.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from mooring.mail.contract import Stage
from mooring.mail.egress import EgressPolicy
from mooring.mail.http import refusal
from mooring.mail.protocols.accepting import accepted
from mooring.mail.protocols.graph.requests import Graph
from mooring.mail.protocols.header_recipients import with_recipients
from mooring.mail.protocols.reaching import resolve
from mooring.mail.types import Envelope, Sent, Server

_FOR_NOW: Final = (
    "errorexceededmessagelimit",
    "errorsubmissionquotaexceeded",
    "errormessagesubmissionblocked",
    "errorquotaexceeded",
)


class GraphSender:
    """Fulfils contract.Outgoing once its stages have run."""

    keeps_sent_copy = True

    def __init__(self, server: Server, *, policy: EgressPolicy) -> None:
        self._policy = policy
        self._graph = Graph(server, policy=policy, is_busy=lambda answer: answer.status == 429)

    def stages(self) -> Sequence[Stage]:
        """The steps of opening: "resolve", "log_in"."""
        return (Stage("resolve", lambda: resolve(self._graph.url, self._policy)), Stage("log_in", self._log_in))

    def _log_in(self) -> dict[str, str]:
        self._graph.get("/me/mailFolders/sentitems?$select=id", command="log_in")
        return {}

    def send(self, envelope: Envelope, raw: bytes, *, before_data: Callable[[], None]) -> Sent:
        """See mail.contract. Recipients whom Exchange cannot reach are told about in a letter to the sender."""
        body = base64.b64encode(with_recipients(raw, envelope))
        url = f"{self._graph.url}/me/sendMail"
        before_data()
        accepted(
            lambda: self._graph.client.ask("POST", url, headers={"Content-Type": "text/plain"}, body=body),
            url=url,
            refusal_of=lambda answer: refusal(answer, command="sendMail"),
            is_for_now=lambda said: said.lower().startswith(_FOR_NOW),
        )
        return Sent()

    def close(self) -> None:
        """Close all connections; never raises."""
        self._graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
