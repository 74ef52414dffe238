"""Sign-ins on their way: begun by a person in a session, answered once, ended with a grant or with a reason.

Who asks the provider is `sync`; here it is decided whose answer counts and what comes of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.letters.grants import create_grant, forget_unused, give_grant
from mooring.letters.models import Grant, MailAccount, SignIn, SignInProvider
from mooring.letters.providers import described
from mooring.letters.token_sealing import open_secret, seal_secret
from mooring.mail.oauth import Consent, DeviceCode, Tokens, is_identity
from mooring.mail.sign_in_providers import missing_scopes
from mooring.mail.types import Secret
from mooring.users.journal import Actor
from mooring.users.models import User

CONSENT_LASTS: Final = timedelta(minutes=20)
"""Time to find the password and the second factor."""
FORGOTTEN_AFTER: Final = timedelta(days=1)

DENIED: Final = "denied"
EXPIRED: Final = "expired"
WRONG_PERSON: Final = "wrong_person"
MISSING_SCOPE: Final = "missing_scope"
NO_RENEWAL: Final = "no_renewal"


class UnableToSignIn(Exception):
    """The answer does not count, or the sign-in cannot begin; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to sign in for, and where to go afterwards."""

    provider: SignInProvider
    address: str
    protocol: str
    back_url: str
    account: MailAccount | None = None
    """The account that signs in again; None while its settings are not saved yet."""
    form: dict[str, Any] = field(default_factory=dict)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What is asked for."""
        return described(self.provider).scopes_for(self.protocol)


def note_consent(*, user: User, wanted: Wanted, consent: Consent, now: datetime) -> SignIn:
    """A person is about to be sent to the provider's page."""
    with transaction.atomic():
        sign_in = _new(user, wanted, now=now, expires_at=now + CONSENT_LASTS)
        sign_in.state_hash, sign_in.nonce, sign_in.consent_url = _hashed(consent.state), consent.nonce, consent.url
        sign_in.verifier_sealed = seal_secret(consent.verifier, row=sign_in, field="verifier_sealed")
        sign_in.save()
    return sign_in


def note_device_code(*, user: User, wanted: Wanted, code: DeviceCode, now: datetime) -> SignIn:
    """A person is about to enter a code elsewhere."""
    with transaction.atomic():
        sign_in = _new(user, wanted, now=now, expires_at=code.expires_at)
        sign_in.user_code, sign_in.verification_url = code.user_code, code.verification_url
        sign_in.verification_url_complete = code.verification_url_complete
        sign_in.interval_seconds = int(code.interval.total_seconds())
        sign_in.next_ask_at = now + code.interval
        sign_in.device_code_sealed = seal_secret(code.device_code, row=sign_in, field="device_code_sealed")
        sign_in.save()
    return sign_in


def find_by_state(*, user: User, kind: str, state: str) -> SignIn:
    """The sign-in that the browser comes back from, at the address of this kind of provider.

    Raises UnableToSignIn where this person began none with this state.
    """
    begun = SignIn.objects.select_related("provider", "account")
    found = begun.filter(user=user, provider__kind=kind, state_hash=_hashed(state)).first()
    if found is None:
        raise UnableToSignIn(_("This sign-in was not begun here, or too long ago. Please begin again."))
    return found


def claim(sign_in: SignIn, *, now: datetime) -> None:
    """Take the one answer that a sign-in has. Raises UnableToSignIn when it came already, or too late."""
    rows = SignIn.objects.filter(pk=sign_in.pk, ended_at=None)
    if now >= sign_in.expires_at:
        if rows.update(ended_at=now, problem=EXPIRED):
            sign_in.refresh_from_db()
        raise UnableToSignIn(_("You took longer than the sign-in is valid. Please begin again."))
    if not rows.update(ended_at=now):
        raise UnableToSignIn(_("This sign-in is over. Please begin again."))
    sign_in.ended_at = now


def claim_turn(sign_in: SignIn, *, now: datetime) -> bool:
    """Whether it is time to ask about a device code, and nobody else asks just now."""
    due = SignIn.objects.filter(pk=sign_in.pk, ended_at=None, next_ask_at__lte=now)
    return bool(due.update(next_ask_at=now + timedelta(seconds=sign_in.interval_seconds)))


def slow_down(sign_in: SignIn, *, interval: timedelta, now: datetime) -> None:
    """The provider wants to be asked less often."""
    seconds = int(interval.total_seconds())
    SignIn.objects.filter(pk=sign_in.pk).update(interval_seconds=seconds, next_ask_at=now + interval)


def end_with_problem(sign_in: SignIn, problem: str, details: dict[str, Any] | None = None, *, now: datetime) -> None:
    """Nothing was granted."""
    sign_in.problem, sign_in.problem_details, sign_in.ended_at = problem, details or {}, sign_in.ended_at or now
    sign_in.save(update_fields=["problem", "problem_details", "ended_at"])


def end_with_tokens(sign_in: SignIn, tokens: Tokens, *, by: Actor, now: datetime) -> Grant | None:
    """The provider granted something: kept when it is what was asked for, by the person whose mailbox it is.

    An account that signs in again has it at once. None, with the problem noted, when it is not what was asked for.
    """
    problem = _problem_with(sign_in, tokens)
    if problem is not None:
        end_with_problem(sign_in, problem[0], problem[1], now=now)
        return None
    with transaction.atomic():
        grant = create_grant(
            provider=sign_in.provider,
            tokens=tokens,
            scopes=tuple(sign_in.scopes.split()),
            identity=_identity_of(sign_in, tokens),
            user=sign_in.user,
            now=now,
        )
        sign_in.grant, sign_in.ended_at = grant, sign_in.ended_at or now
        sign_in.verifier_sealed = sign_in.device_code_sealed = b""
        sign_in.save()
        if sign_in.account is not None:
            give_grant(account=sign_in.account, grant=grant, by=by, now=now)
    return grant


def verifier_of(sign_in: SignIn) -> Secret:
    """The secret half of PKCE, which never left us. Raises credentials.UnableToUnseal."""
    return open_secret(sign_in, "verifier_sealed")


def device_code_of(sign_in: SignIn) -> Secret:
    """What we ask the provider with. Raises credentials.UnableToUnseal."""
    return open_secret(sign_in, "device_code_sealed")


def _problem_with(sign_in: SignIn, tokens: Tokens) -> tuple[str, dict[str, Any]] | None:
    """Where the provider does not say who signed in, the mail server decides by the user name it is told."""
    missing = missing_scopes(asked=sign_in.scopes.split(), granted=tokens.scopes)
    if missing:
        return MISSING_SCOPE, {"scopes": " ".join(missing)}
    if tokens.identities and not is_identity(sign_in.address, tokens.identities):
        return WRONG_PERSON, {"identity": tokens.identities[0], "address": sign_in.address}
    if not tokens.refresh:
        return NO_RENEWAL, {}
    return None


def _identity_of(sign_in: SignIn, tokens: Tokens) -> str:
    same = [each for each in tokens.identities if is_identity(sign_in.address, (each,))]
    return same[0] if same else ""


def _new(user: User, wanted: Wanted, *, now: datetime, expires_at: datetime) -> SignIn:
    _forget_old(now)
    sign_in = SignIn(
        user=user,
        provider=wanted.provider,
        account=wanted.account,
        address=wanted.address,
        protocol=wanted.protocol,
        scopes=" ".join(wanted.scopes),
        back_url=wanted.back_url,
        form=wanted.form,
        created_at=now,
        expires_at=expires_at,
    )
    sign_in.save(force_insert=True)
    return sign_in


def _forget_old(now: datetime) -> None:
    SignIn.objects.filter(created_at__lt=now - FORGOTTEN_AFTER).delete()
    forget_unused(now=now)


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
