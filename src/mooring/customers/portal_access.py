"""Who may sign in to the portal: invited, locked, unlocked and removed by staff. Pages ask for the right before.

Each deed stands in the journal of the customer. A lock, and whatever else ends an access, takes the epoch one step on, so that
sessions and keys given out before are worth nothing from the next request on, and never again.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mooring.customers.models import (
    Affiliation,
    ArchiveLock,
    Contact,
    Customer,
    LockedBy,
    PortalKey,
    PortalKeyUse,
    PortalRecoveryCode,
    PortalSession,
    PortalUser,
)
from mooring.mail.addresses import match_key
from mooring.users.journal import Actor, record
from mooring.users.models import User

INVITATION_LASTS: Final = timedelta(hours=72)
PASSWORD_LINK_LASTS: Final = timedelta(hours=2)
_KEY_BYTES: Final = 32


class UnableToGiveAccess(Exception):
    """Nothing was changed; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom the link is for, and the word in it, which is kept nowhere."""

    portal_user: PortalUser
    key: str


def invite(*, contact: Contact, customer: Customer, email: str, language: str, by: Actor, now: datetime) -> Invitation:
    """Give the contact a login at this customer, or another invitation. Raises UnableToGiveAccess.

    An invitation is good for 72 hours, for one use, and only until the next one.
    """
    address = email.strip()
    _demand_invitable(contact, customer, address)
    with transaction.atomic():
        portal_user = PortalUser.objects.select_for_update().filter(contact=contact, customer=customer).first()
        if portal_user is None:
            portal_user = PortalUser(contact=contact, customer=customer, invited_at=now)
        if portal_user.locked_at is not None:
            raise UnableToGiveAccess(_("%(address)s is locked. Unlock the login first.") % {"address": portal_user})
        if portal_user.joined_at is None:
            portal_user.email = address
        portal_user.language, portal_user.invited_by, portal_user.invited_at = language, by.user, now
        _save_alone(portal_user)
        key = give_key(portal_user, PortalKeyUse.INVITATION, lasts=INVITATION_LASTS, now=now)
        note(portal_user, "portal_invited", by=by, now=now)
    return Invitation(portal_user, key)


def lock(*, portal_user: PortalUser, by: Actor, now: datetime) -> None:
    """Nobody signs in with it until it is unlocked by hand; the archive does not unlock it either."""
    with transaction.atomic():
        stored = _locked_row(portal_user)
        if stored.locked_by == LockedBy.HAND:
            raise UnableToGiveAccess(_("%(address)s is locked already.") % {"address": stored})
        ArchiveLock.objects.filter(portal_user=stored).delete()
        PortalUser.objects.filter(pk=stored.pk).update(locked_at=now, locked_by=LockedBy.HAND)
        end_access(PortalUser.objects.filter(pk=stored.pk))
        note(stored, "portal_locked", by=by, now=now)


def unlock(*, portal_user: PortalUser, by: Actor, now: datetime) -> None:
    """Let somebody who was locked by hand in again. In the archive the lock becomes the archive's. Raises UnableToGiveAccess."""
    with transaction.atomic():
        stored = _locked_row(portal_user)
        if stored.locked_by != LockedBy.HAND:
            text = _("%(address)s is not locked by hand. Restoring the customer from the archive lets its users in again.")
            raise UnableToGiveAccess(text % {"address": stored})
        if stored.customer.archived_at is not None:
            ArchiveLock.objects.create(portal_user=stored, at=now)
            PortalUser.objects.filter(pk=stored.pk).update(locked_by=LockedBy.ARCHIVE)
        else:
            PortalUser.objects.filter(pk=stored.pk).update(locked_at=None, locked_by="")
        note(stored, "portal_unlocked", by=by, now=now)


def remove(*, portal_user: PortalUser, by: Actor, now: datetime) -> None:
    """Take the login away, with its sessions and links. What its owner wrote stays."""
    with transaction.atomic():
        stored = _locked_row(portal_user)
        note(stored, "portal_removed", by=by, now=now)
        stored.delete()


def drop_code(*, portal_user: PortalUser, by: Actor, now: datetime) -> None:
    """Sign-in takes no code any more: by themselves, or by staff for somebody who lost the device."""
    with transaction.atomic():
        stored = _locked_row(portal_user)
        if PortalUser.objects.filter(pk=stored.pk).exclude(code_sealed=b"").update(code_sealed=b""):
            PortalRecoveryCode.objects.filter(portal_user=stored).delete()
            note(stored, "portal_code_off", by=by, now=now)


def lock_for_archive(customer_ids: list[int], *, now: datetime) -> int:
    """Lock those of these customers' users who are not locked yet, and write down which; every session and key of all ends.

    Within the caller's transaction, which has locked the customers. Returns how many were locked.
    """
    of_customers = PortalUser.objects.filter(customer__in=customer_ids)
    ids = list(of_customers.filter(locked_at=None).values_list("pk", flat=True))
    ArchiveLock.objects.bulk_create(ArchiveLock(portal_user_id=pk, at=now) for pk in ids)
    PortalUser.objects.filter(pk__in=ids).update(locked_at=now, locked_by=LockedBy.ARCHIVE)
    end_access(of_customers)
    return len(ids)


def unlock_after_archive(customer_ids: list[int]) -> int:
    """Undo exactly what lock_for_archive wrote down. Sessions and keys from before stay dead. Returns how many were let in."""
    locks = ArchiveLock.objects.filter(portal_user__customer__in=customer_ids)
    ids = list(locks.values_list("pk", flat=True))
    PortalUser.objects.filter(pk__in=ids, locked_by=LockedBy.ARCHIVE).update(locked_at=None, locked_by="")
    ArchiveLock.objects.filter(pk__in=ids).delete()
    return len(ids)


def portal_users_of(customer: Customer) -> models.QuerySet[PortalUser]:
    """Those of one customer, for its card; the page has asked for the right to see it."""
    return PortalUser.objects.filter(customer=customer).select_related("contact", "invited_by")


def give_key(portal_user: PortalUser, use: PortalKeyUse, *, lasts: timedelta, now: datetime) -> str:
    """A new one-time key; those of the same use given before die."""
    key = secrets.token_urlsafe(_KEY_BYTES)
    PortalKey.objects.filter(portal_user=portal_user, use=use).delete()
    PortalKey.objects.create(
        portal_user=portal_user, use=use, digest=digest_of(key), epoch=portal_user.epoch, expires_at=now + lasts
    )
    return key


def digest_of(key: str) -> str:
    """How a key is kept. It is random and long, so that one plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def end_access(portal_users: models.QuerySet[PortalUser]) -> None:
    """End every session and every key of these users, at once and for ever."""
    ids = list(portal_users.values_list("pk", flat=True))
    PortalSession.objects.filter(portal_user__in=ids).delete()
    PortalKey.objects.filter(portal_user__in=ids).delete()
    PortalUser.objects.filter(pk__in=ids).update(epoch=F("epoch") + 1)


def note(portal_user: PortalUser, action: str, *, by: Actor, now: datetime, **facts: Any) -> None:
    """A line in the journal of the customer."""
    customer = portal_user.customer
    changes = {"portal_user": portal_user.email, **facts}
    record(by=by, action=action, kind="customer", record_id=customer.pk, name=customer.name, changes=changes, now=now)


def _demand_invitable(contact: Contact, customer: Customer, address: str) -> None:
    if customer.archived_at is not None:
        raise UnableToGiveAccess(_("The customer is in the archive. Restore it first; nobody of it can sign in until then."))
    if not Affiliation.objects.filter(contact=contact, customer=customer).exists():
        raise UnableToGiveAccess(_("%(contact)s is not a contact of this customer.") % {"contact": contact})
    if not match_key(address) or len(address) > 254:
        raise UnableToGiveAccess(_("“%(address)s” is not an email address.") % {"address": address})
    if User.objects.filter(email__iexact=address).exists():
        raise UnableToGiveAccess(
            _("%(address)s belongs to a colleague. Nobody is both staff and portal user.") % {"address": address}
        )


def _save_alone(portal_user: PortalUser) -> None:
    """Of one address only one portal user signs in, whatever the customer."""
    try:
        with transaction.atomic():
            portal_user.save()
    except IntegrityError as error:
        text = _("Somebody else signs in to the portal with %(address)s already.")
        raise UnableToGiveAccess(text % {"address": portal_user.email}) from error


def _locked_row(portal_user: PortalUser) -> PortalUser:
    rows = PortalUser.objects.select_for_update(of=("self",)).select_related("customer", "contact")
    found = rows.filter(pk=portal_user.pk).first()
    if found is None:
        raise UnableToGiveAccess(_("This login was removed meanwhile."))
    return found
