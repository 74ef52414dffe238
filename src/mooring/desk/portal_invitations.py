"""An invitation to the portal as a letter through the outbox, from a mailbox of whoever invites."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from mooring.customers.models import Contact, Customer, PortalUser
from mooring.customers.portal_access import invite
from mooring.desk.beginnings import materials
from mooring.letters.drafting import DraftData, start_draft
from mooring.letters.models import MailAccount
from mooring.letters.outbox import queue
from mooring.mail.types import Mailbox
from mooring.users.journal import Actor


def send_invitation(
    *, contact: Contact, customer: Customer, email: str, language: str, account: MailAccount, by: Actor, now: datetime
) -> PortalUser:
    """Give the login and queue its letter, or neither. Raises UnableToGiveAccess, UnableToSaveDraft, UnableToQueue."""
    with transaction.atomic():
        invitation = invite(contact=contact, customer=customer, email=email, language=language, by=by, now=now)
        portal_user = invitation.portal_user
        data = _letter(portal_user, account, f"{settings.BASE_URL}{reverse('portal_invitation', args=[invitation.key])}")
        draft = start_draft(data=data, is_rich=False, by=by, now=now)
        queue(draft=draft, materials=materials(), by=by, now=now)
    return portal_user


def _letter(portal_user: PortalUser, account: MailAccount, url: str) -> DraftData:
    """In the language of whom it is for."""
    with translation.override(portal_user.language):
        text = _(
            "Hello %(name)s,\n\n"
            "we have set up a portal where you see the emails, files and projects that we share with %(customer)s, and where "
            "you can write to us.\n\n"
            "With this link you choose your password. It works once, within three days:\n\n"
            "%(url)s\n\n"
            "After that you sign in with %(email)s at:\n\n"
            "%(portal)s\n"
        )
        facts = {
            "name": portal_user.contact.name,
            "customer": portal_user.customer,
            "url": url,
            "email": portal_user.email,
            "portal": f"{settings.BASE_URL}{reverse('portal_letters')}",
        }
        to = Mailbox(portal_user.contact.name, portal_user.email, portal_user.email)
        return DraftData(account=account, to=(to,), subject=_("Your access to our portal"), body=text % facts)
