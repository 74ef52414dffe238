"""What a person is asked before a letter leaves: was something forgotten, or an address mistyped. Nothing is forbidden here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _

from mooring.customers.models import CustomerDomain, EmailAddress
from mooring.letters.handling import answered_meanwhile
from mooring.letters.models import Correspondent, OutgoingKind, OutgoingLetter, Participant
from mooring.letters.options import scope_of_everything
from mooring.letters.placeholders import unfilled
from mooring.mail.addresses import domain_of, match_key
from mooring.mail.safe_text import without_quote
from mooring.options.values import read_all

_MENTIONED: Final = re.compile(
    r"\b(?:attach(?:ed|ment|ing)s?|enclosed|please find|w załączeniu|w załączniku|załącz\w*|w zał\.|anbei|anhang|beigefügt|"
    r"ci-joint|pièce jointe|adjunto|allegato|in allegato)\b",
    re.IGNORECASE,
)
_SIGNATURE: Final = "\n-- \n"


def cautions_about(draft: OutgoingLetter) -> list[str]:
    """Sentences that end in a question, or say what is odd; empty where nothing is. At most ten queries."""
    found = [_("%(person)s has answered this conversation meanwhile.") % {"person": each} for each in answered_meanwhile(draft)]
    if not draft.subject.strip():
        found.append(_("The subject is empty."))
    if mentions_attachment(draft) and not draft.attachments.filter(is_inline=False).exists():
        found.append(_("The text speaks of an attachment, but nothing is attached."))
    places = unfilled(f"{draft.subject}\n{draft.body_text}")
    domains = unknown_domains(draft.recipients.values_list("address", flat=True))
    strange = _("No letter ever went to or came from %(domain)s. Is the address right?")
    return [
        *found,
        *(_("%(place)s is not filled in.") % {"place": place} for place in places),
        *(strange % {"domain": domain} for domain in domains),
    ]


def mentions_attachment(draft: OutgoingLetter) -> bool:
    """Whether what the author newly wrote speaks of one; quotes and signatures do not count."""
    if draft.kind == OutgoingKind.FORWARD:
        return False
    newly = without_quote(draft.body_text).partition(_SIGNATURE)[0]
    return _MENTIONED.search(newly) is not None


def unknown_domains(addresses: Iterable[str]) -> list[str]:
    """The domains, each once, that are neither ours, nor public, nor on a card, nor in any letter."""
    addresses = list(addresses)
    keys = {match_key(address) for address in addresses}
    scope = scope_of_everything(values=read_all())
    ours = scope.own_domains | {key.rpartition("@")[2] for key in scope.own_keys}
    strange = {domain for domain in map(domain_of, addresses) if domain and domain not in ours and not scope.is_public(domain)}
    if not strange:
        return []
    known = set(CustomerDomain.objects.filter(domain__in=strange).values_list("domain", flat=True))
    on_cards = EmailAddress.objects.filter(key__in=keys).values_list("key", flat=True)
    written = Correspondent.objects.filter(key__in=keys).values_list("key", flat=True)
    known |= {domain_of(key) for key in (*on_cards, *written)}
    return sorted(domain for domain in strange - known if not Participant.objects.filter(domain=domain).exists())
