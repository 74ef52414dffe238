"""What people permitted with a sign-in provider: kept, given to an account, renewed in time, and known when it is gone.

Whoever asks the provider is handed in (sync does); here is decided who asks, and that nobody asks twice. A refresh token that
rotates may be used once only, so one process renews while all others, on whatever machine, wait for what it brings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, TypeAlias

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from mooring.letters.models import Grant, MailAccount, SignInProvider
from mooring.letters.registering import registration_of
from mooring.letters.token_sealing import open_secret, seal_secret
from mooring.mail.errors import ServerBusy, SignInAgain
from mooring.mail.oauth import Tokens
from mooring.mail.sign_in_providers import Registration
from mooring.mail.types import Secret
from mooring.users.journal import WORKER, Actor, record
from mooring.users.models import User

Clock: TypeAlias = Callable[[], datetime]
Renew: TypeAlias = Callable[[Registration, Secret, tuple[str, ...]], Tokens]
"""renew(registration, refresh token, scopes) asks the provider. Raises SignInAgain, ProviderRefused, or a network's MailError."""

EARLY: Final = timedelta(minutes=2)
"""A token that ends so soon is renewed before it is used."""
RENEWAL: Final = timedelta(minutes=3)
"""Longer than asking a provider takes; who died meanwhile is replaced after so long."""
_WAIT_SECONDS: Final = 45.0
_LOOK_AGAIN_SECONDS: Final = 0.1
UNUSED_FOR: Final = timedelta(days=1)
"""A permission that was given to no account is forgotten after so long."""


class UnableToKeepGrant(Exception):
    """The account does not get this permission; the text is fit for the user."""


class GrantTokens:
    """The mail room's TokenSource over one stored grant; every call looks at the row anew, so all processes agree."""

    def __init__(self, grant: Grant, *, renew: Renew, clock: Clock) -> None:
        self._grant_id = grant.pk
        self._renew = renew
        self._clock = clock

    def current(self) -> Secret:
        """A token believed to be good, renewed before if it is about to end."""
        grant = self._read()
        if grant.expires_at is None or grant.expires_at - self._clock() > EARLY:
            return open_secret(grant, "access_sealed")
        return self._renewed(grant)

    def renewed(self, refused: Secret) -> Secret:
        """Another token because the server refused this one; the one that somebody else has fetched already, if so."""
        grant = self._read()
        access = open_secret(grant, "access_sealed")
        return access if access != refused else self._renewed(grant)

    def _read(self) -> Grant:
        grant = Grant.objects.select_related("provider", "account").filter(pk=self._grant_id).first()
        if grant is None or grant.gone_at is not None:
            raise SignInAgain(provider=grant.provider.title if grant else "")
        return grant

    def _renewed(self, old: Grant) -> Secret:
        deadline = monotonic() + _WAIT_SECONDS
        while not self._begin(old):
            threading.Event().wait(_LOOK_AGAIN_SECONDS)
            grant = self._read()
            if grant.version != old.version:
                return open_secret(grant, "access_sealed")
            if monotonic() > deadline:
                raise ServerBusy(reason=old.provider.title)
        return self._fetched(old)

    def _begin(self, old: Grant) -> bool:
        """One conditional UPDATE, the same on SQLite and PostgreSQL: of all who want to renew this version, one may."""
        now = self._clock()
        free = Q(renewing_until=None) | Q(renewing_until__lte=now)
        rows = Grant.objects.filter(free, pk=old.pk, version=old.version, gone_at=None)
        return bool(rows.update(renewing_until=now + RENEWAL))

    def _fetched(self, old: Grant) -> Secret:
        try:
            refresh = open_secret(old, "refresh_sealed")
            if not refresh:
                raise SignInAgain(provider=old.provider.title)
            tokens = self._renew(registration_of(old.provider), refresh, tuple(old.scopes.split()))
        except SignInAgain:
            _note_gone(old, now=self._clock())
            raise
        except BaseException:
            Grant.objects.filter(pk=old.pk, version=old.version).update(renewing_until=None)
            raise
        if _store(old, tokens, now=self._clock()):
            return tokens.access
        return open_secret(self._read(), "access_sealed")


def grant_of(account: MailAccount) -> Grant | None:
    """What was permitted for the account, gone or not."""
    return Grant.objects.select_related("provider").filter(account=account).first()


def create_grant(
    *, provider: SignInProvider, tokens: Tokens, scopes: tuple[str, ...], identity: str, user: User, now: datetime
) -> Grant:
    """Keep what a provider granted, for no account yet. Part of the deed that ends a sign-in."""
    grant = Grant(provider=provider, granted_by=user, identity=identity, scopes=" ".join(scopes), created_at=now, changed_at=now)
    grant.save(force_insert=True)
    _write(grant, tokens)
    grant.save()
    return grant


def give_grant(*, account: MailAccount, grant: Grant, by: Actor, now: datetime) -> None:
    """Let the account sign in with it, instead of what it had before. Only who signed in gives it. Raises UnableToKeepGrant."""
    with transaction.atomic():
        free = Grant.objects.select_for_update().filter(pk=grant.pk, account=None, gone_at=None)
        if by.user is None or not free.filter(granted_by=by.user).exists():
            raise UnableToKeepGrant(_("This sign-in cannot be used any more. Please sign in again."))
        Grant.objects.filter(account=account).delete()
        free.update(account=account, changed_at=now)
        facts = {"provider": grant.provider.title, "identity": grant.identity}
        record(by=by, action="signed_in", kind="account", record_id=account.pk, name=account.address, changes=facts, now=now)


def forget_grant(*, account: MailAccount) -> None:
    """The account needs no tokens any more. Part of the deeds that remove it or change its log-in."""
    Grant.objects.filter(account=account).delete()


def forget_unused(*, now: datetime) -> int:
    """Forget permissions that were given to no account for a day; how many."""
    return Grant.objects.filter(account=None, created_at__lt=now - UNUSED_FOR).delete()[0]


def _store(old: Grant, tokens: Tokens, *, now: datetime) -> bool:
    """Write new tokens unless somebody wrote newer ones meanwhile. Without a new refresh token the old one stays."""
    new = Grant(pk=old.pk, provider=old.provider, refresh_sealed=old.refresh_sealed)
    _write(new, tokens)
    rows = Grant.objects.filter(pk=old.pk, version=old.version)
    return bool(
        rows.update(
            access_sealed=new.access_sealed,
            refresh_sealed=new.refresh_sealed,
            expires_at=new.expires_at,
            version=F("version") + 1,
            renewing_until=None,
            gone_at=None,
            changed_at=now,
        )
    )


def _write(grant: Grant, tokens: Tokens) -> None:
    grant.access_sealed = seal_secret(tokens.access, row=grant, field="access_sealed")
    if tokens.refresh:
        grant.refresh_sealed = seal_secret(tokens.refresh, row=grant, field="refresh_sealed")
    grant.expires_at = tokens.expires_at


def _note_gone(old: Grant, *, now: datetime) -> None:
    """Once, however many find out; not where newer tokens were written meanwhile."""
    with transaction.atomic():
        known = Grant.objects.filter(pk=old.pk, version=old.version, gone_at=None)
        if not known.update(gone_at=now, renewing_until=None) or old.account is None:
            return
        facts = {"provider": old.provider.title, "identity": old.identity}
        account = old.account
        record(by=WORKER, action="grant_lost", kind="account", record_id=account.pk, name=account.address, changes=facts, now=now)
