"""The doors of the portal: a password, a one-time link, an open session. All of them ask PortalUserQuerySet.let_in().

What is told to somebody who does not get in never says whether an address is known.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import PortalKey, PortalKeyUse, PortalSession, PortalUser
from mooring.customers.portal_access import PASSWORD_LINK_LASTS, digest_of, end_access, give_key, note
from mooring.users.journal import Actor

SESSION_LASTS: Final = timedelta(days=14)


class UnableToSignIn(Exception):
    """Nobody was let in and nothing was changed; the text is fit for the user."""


def with_password(*, email: str, password: str) -> PortalUser | None:
    """The portal user to whom both belong and who may come in. Takes the same time for an address that nobody has."""
    portal_user = PortalUser.objects.let_in().filter(email__iexact=email.strip()).select_related("customer", "contact").first()
    if portal_user is None or not portal_user.password:
        make_password(password)
        return None
    return portal_user if check_password(password, portal_user.password) else None


def open_session(*, portal_user: PortalUser, now: datetime) -> str:
    """Let them in: the key for the browser's cookie."""
    key = secrets.token_urlsafe(32)
    with transaction.atomic():
        PortalSession.objects.filter(expires_at__lt=now).delete()
        PortalSession.objects.create(
            portal_user=portal_user,
            digest=digest_of(key),
            epoch=portal_user.epoch,
            begun_at=now,
            expires_at=now + SESSION_LASTS,
        )
        PortalUser.objects.filter(pk=portal_user.pk).update(signed_in_at=now)
    return key


def session_of(key: str, *, now: datetime) -> PortalUser | None:
    """Who is signed in with this key and may still be; asked anew at every request."""
    session = PortalSession.objects.filter(digest=digest_of(key), expires_at__gt=now).first()
    if session is None:
        return None
    users = PortalUser.objects.let_in().select_related("customer", "contact")
    return users.filter(pk=session.portal_user_id, epoch=session.epoch).first()


def close_session(key: str) -> None:
    """Sign out of this browser."""
    PortalSession.objects.filter(digest=digest_of(key)).delete()


def key_of(word: str, use: PortalKeyUse, *, now: datetime) -> PortalKey | None:
    """The one-time link if it still opens something."""
    keys = PortalKey.objects.filter(digest=digest_of(word), use=use, used_at=None, expires_at__gt=now)
    key = keys.select_related("portal_user__customer", "portal_user__contact").first()
    if key is None or key.epoch != key.portal_user.epoch:
        return None
    return key if PortalUser.objects.let_in().filter(pk=key.portal_user_id).exists() else None


def choose_password(*, word: str, use: PortalKeyUse, password: str, address: str, now: datetime) -> PortalUser:
    """Use up the link: the password is theirs from now on, and every session from before ends. Raises UnableToSignIn."""
    with transaction.atomic():
        key = key_of(word, use, now=now)
        if key is None or not PortalKey.objects.filter(pk=key.pk, used_at=None).update(used_at=now):
            raise UnableToSignIn(_("This link has been used, is too old, or was replaced by a newer one. Ask for another."))
        portal_user = key.portal_user
        _set_password(portal_user, password, now=now)
        action = "portal_joined" if use == PortalKeyUse.INVITATION else "portal_password"
        note(portal_user, action, by=Actor(None, "portal", address), now=now)
    return portal_user


def change_password(*, portal_user: PortalUser, old: str, new: str, address: str, now: datetime) -> PortalUser:
    """With the old one known. All other browsers are signed out. Raises UnableToSignIn."""
    if not check_password(old, portal_user.password):
        raise UnableToSignIn(_("This is not your current password."))
    with transaction.atomic():
        _set_password(portal_user, new, now=now)
        note(portal_user, "portal_password", by=Actor(None, "portal", address), now=now)
    return portal_user


def ask_for_password(*, email: str, now: datetime) -> tuple[PortalUser, str] | None:
    """A one-time link for whoever forgot the password; None where nobody may come in with this address."""
    with transaction.atomic():
        found = PortalUser.objects.let_in().filter(email__iexact=email.strip(), joined_at__isnull=False)
        portal_user = found.select_related("customer", "contact").first()
        if portal_user is None:
            return None
        return portal_user, give_key(portal_user, PortalKeyUse.PASSWORD, lasts=PASSWORD_LINK_LASTS, now=now)


def prefer_language(*, portal_user: PortalUser, language: str) -> None:
    """In which language they are spoken to. Personal, so the journal does not tell."""
    PortalUser.objects.filter(pk=portal_user.pk).update(language=language)


def _set_password(portal_user: PortalUser, password: str, *, now: datetime) -> None:
    try:
        validate_password(password, portal_user)  # type: ignore[arg-type]  # the validators read attributes only
    except ValidationError as error:
        raise UnableToSignIn(" ".join(error.messages)) from error
    end_access(PortalUser.objects.filter(pk=portal_user.pk))
    portal_user.refresh_from_db(fields=["epoch"])
    portal_user.password = make_password(password)
    portal_user.joined_at = portal_user.joined_at or now
    portal_user.save(update_fields=["password", "joined_at"])
