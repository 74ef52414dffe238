"""“Test connection”: tries settings for real and says in plain words what works, what does not, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from mooring.mail import connect
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import MailError
from mooring.mail.types import Folder, Server, Step
from mooring.sync.reaching import egress_policy
from mooring.sync.troubles import trouble_of

Light = Literal["good", "idle", "bad"]


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step, in the reader's language. `detail` says what is wrong and what to do, or what was found."""

    code: str
    light: Light
    label: str
    detail: str = ""
    quoted: str = ""
    """What the server itself said; show it as a quotation only."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test of exactly these settings found. `folders` are those of the server when everything worked."""

    steps: tuple[StepResult, ...]
    folders: tuple[Folder, ...] = ()
    error_code: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.error_code


def test_account(server: Server, policy: EgressPolicy | None = None) -> TestResult:  # noqa: PT028 - no test of pytest
    """Connect, log in and list the folders; nothing on the server is changed. Takes as long as the server does."""
    try:
        trial = connect.test_incoming(server, policy=policy or egress_policy())
        steps = list(trial)
    except MailError as error:
        steps = [Step("resolve", error.code, dict(error.details))]
        return TestResult(tuple(_result(step, server) for step in steps), error_code=error.code)
    failed = next((step.error for step in steps if step.error), "")
    results = [_result(step, server) for step in steps]
    if failed:
        results += _untried({step.code for step in steps}, server)
    return TestResult(tuple(results), () if failed else trial.folders, failed)


def test_sending(server: Server, *, sender: str, policy: EgressPolicy | None = None) -> TestResult:  # noqa: PT028 - no test of pytest
    """Connect, log in and ask whether letters from `sender` are taken; none is sent. Takes as long as the server does."""
    try:
        steps = list(connect.test_outgoing(server, policy=policy or egress_policy(), sender=sender))
    except MailError as error:
        steps = [Step("resolve", error.code, dict(error.details))]
    failed = next((step.error for step in steps if step.error), "")
    return TestResult(tuple(_result(step, server) for step in steps), error_code=failed)


_LABELS: Final = {
    "resolve": gettext_noop("Find the server %(host)s"),
    "connect": gettext_noop("Connect to port %(port)s"),
    "encrypt": gettext_noop("Encrypt the connection"),
    "log_in": gettext_noop("Log in as %(user)s"),
    "find_files": gettext_noop("Open %(path)s"),
    "list_folders": gettext_noop("List the folders"),
    "check_sender": gettext_noop("Ask whether letters from the address are taken"),
}
_ORDER: Final = {"files": ("find_files", "list_folders")}
_USUAL_ORDER: Final = ("resolve", "connect", "log_in", "list_folders")


def _result(step: Step, server: Server) -> StepResult:
    if not step.error:
        return StepResult(step.code, "good", _label(step.code, server), _found(step))
    trouble = trouble_of(step.error, step.details)
    return StepResult(step.code, "bad", _label(step.code, server), str(trouble), trouble.quoted)


def _untried(tried: set[str], server: Server) -> list[StepResult]:
    order = _ORDER.get(server.protocol, _USUAL_ORDER)
    last = max((place for place, code in enumerate(order) if code in tried), default=-1)
    return [StepResult(code, "idle", _label(code, server)) for code in order[last + 1 :] if code not in tried]


def _label(code: str, server: Server) -> str:
    facts = {
        "host": server.host or urlsplit(server.url).hostname or "",
        "port": server.port,
        "user": server.user_name,
        "path": server.path,
    }
    return _(_LABELS[code]) % facts if code in _LABELS else code


def _found(step: Step) -> str:
    if step.code == "list_folders":
        count = int(step.details.get("count", "0"))
        return ngettext("%(count)s folder", "%(count)s folders", count) % {"count": count}
    if step.details.get("lacks") == "ids":
        return _(
            "This server gives its letters no lasting ids, so all of them are looked at anew at every visit. "
            "That is slow: better leave no copy of messages on this server."
        )
    return ""
