"""Asking sign-in providers whether a person permits it: on their page, or by a code entered elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from mooring.letters import sign_ins
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.models import Grant, SignIn
from mooring.letters.registering import registration_of
from mooring.letters.sign_ins import UnableToSignIn, Wanted
from mooring.mail.egress import EgressPolicy
from mooring.mail.errors import MailError, ProviderRefused, SignInAgain
from mooring.mail.oauth import SignInClient, Waiting
from mooring.sync.reaching import egress_policy
from mooring.sync.troubles import trouble_of
from mooring.users.journal import Actor
from mooring.users.models import User

_DENIED: Final = frozenset({"access_denied", "consent_required", "interaction_required"})


def begin_consent(*, user: User, wanted: Wanted, redirect_url: str, now: datetime) -> tuple[SignIn, str]:
    """A question for the provider's page, and the state that the session must remember. Raises UnableToSignIn."""
    with _client(wanted, None) as client:
        consent = client.consent(redirect_url=redirect_url, scopes=wanted.scopes, address=wanted.address)
    return sign_ins.note_consent(user=user, wanted=wanted, consent=consent, now=now), consent.state


def begin_device(*, user: User, wanted: Wanted, now: datetime, policy: EgressPolicy | None = None) -> SignIn:
    """A code to be entered elsewhere; asks the provider. Raises UnableToSignIn."""
    try:
        with _client(wanted, policy) as client:
            code = client.begin_device(scopes=wanted.scopes, now=now)
    except MailError as error:
        raise UnableToSignIn(_words(error)) from error
    return sign_ins.note_device_code(user=user, wanted=wanted, code=code, now=now)


def finish_consent(
    sign_in: SignIn, *, code: str, redirect_url: str, by: Actor, now: datetime, policy: EgressPolicy | None = None
) -> Grant | None:
    """The browser came back with a code; asks the provider what it is worth. None with the problem noted.

    Raises UnableToSignIn when the answer came already, or too late.
    """
    sign_ins.claim(sign_in, now=now)
    try:
        verifier = sign_ins.verifier_of(sign_in)
        with _client(sign_in, policy) as client:
            tokens = client.finish(code=code, verifier=verifier, nonce=sign_in.nonce, redirect_url=redirect_url, now=now)
    except MailError as error:
        _end(sign_in, error, now=now)
        return None
    return sign_ins.end_with_tokens(sign_in, tokens, by=by, now=now)


def refuse_consent(sign_in: SignIn, *, error: str, said: str, now: datetime) -> None:
    """The browser came back without a code: the person or the provider said no. Raises UnableToSignIn as `finish_consent`."""
    sign_ins.claim(sign_in, now=now)
    _end(sign_in, ProviderRefused(said, provider=sign_in.provider.title, error=error), now=now)


def ask_device(sign_in: SignIn, *, by: Actor, now: datetime, policy: EgressPolicy | None = None) -> SignIn:
    """Look whether the code was entered, at most as often as the provider wants to be asked. The sign-in as it stands then."""
    if sign_in.ended_at is None and now >= sign_in.expires_at:
        sign_ins.end_with_problem(sign_in, sign_ins.EXPIRED, now=now)
    elif sign_ins.claim_turn(sign_in, now=now):
        _ask(sign_in, by=by, now=now, policy=policy)
    sign_in.refresh_from_db()
    return sign_in


def why_not(sign_in: SignIn) -> str:
    """Why a sign-in ended without a grant, in plain words; empty where it did not."""
    facts = {"provider": sign_in.provider.title, "address": sign_in.address, **sign_in.problem_details}
    words = {
        "": "",
        sign_ins.DENIED: _("You did not allow it, so Mooring cannot read this mailbox. Nothing was changed."),
        sign_ins.EXPIRED: _("You took longer than the sign-in is valid. Please begin again."),
        sign_ins.WRONG_PERSON: _("You signed in as %(identity)s, but the mailbox is %(address)s. Please sign in as %(address)s."),
        sign_ins.MISSING_SCOPE: _("You signed in, but did not allow mail to be read. Begin again and tick every permission."),
        sign_ins.NO_RENEWAL: _(
            "%(provider)s gave a permission that ends soon and cannot be renewed. An administrator must check the scopes."
        ),
    }
    if sign_in.problem in words:
        return words[sign_in.problem] % facts
    return str(trouble_of(sign_in.problem, facts))


def _ask(sign_in: SignIn, *, by: Actor, now: datetime, policy: EgressPolicy | None) -> None:
    try:
        with _client(sign_in, policy) as client:
            interval = timedelta(seconds=sign_in.interval_seconds)
            answer = client.ask_device(sign_ins.device_code_of(sign_in), interval=interval, now=now)
    except MailError as error:
        if error.needs_person:
            _end(sign_in, error, now=now)
        return
    if isinstance(answer, Waiting):
        if answer.interval > interval:
            sign_ins.slow_down(sign_in, interval=answer.interval, now=now)
    else:
        sign_ins.end_with_tokens(sign_in, answer, by=by, now=now)


def _end(sign_in: SignIn, error: MailError, *, now: datetime) -> None:
    if isinstance(error, ProviderRefused) and error.details["error"] in _DENIED:
        sign_ins.end_with_problem(sign_in, sign_ins.DENIED, now=now)
    elif isinstance(error, SignInAgain) or (isinstance(error, ProviderRefused) and error.details["error"] == "expired_token"):
        sign_ins.end_with_problem(sign_in, sign_ins.EXPIRED, now=now)
    else:
        said = {"server_said": error.server_said} if error.server_said else {}
        sign_ins.end_with_problem(sign_in, error.code, {**error.details, **said}, now=now)


def _client(of: Wanted | SignIn, policy: EgressPolicy | None) -> SignInClient:
    try:
        registration = registration_of(of.provider)
    except UnableToUnseal as error:
        raise UnableToSignIn(_("The client secret cannot be read any more. An administrator must enter it again.")) from error
    return SignInClient(registration, policy=policy or egress_policy())


def _words(error: MailError) -> str:
    return str(trouble_of(error.code, error.details, said=error.server_said))
