"""Which letters are kept, by their header alone: those that belong to somebody, or all of them where everything is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from mooring.customers.addresses import address_book_for
from mooring.letters.arrivals import Arrival, direction_of, is_private_for
from mooring.letters.inheriting import inherited
from mooring.letters.matching import Match, Scope, match_people, outsiders
from mooring.letters.models import Direction, Folder, MailAccount, OutgoingLetter, ThreadReference, UnwantedSender
from mooring.letters.options import SCAN_ALL_LETTERS
from mooring.letters.outgoing_bytes import is_made_here
from mooring.letters.packs import KeptOriginal
from mooring.mail.reports import is_from_server
from mooring.mail.threads import joining_ids
from mooring.mail.types import Header, ParsedLetter
from mooring.options.values import Values

UNWANTED: Final = "unwanted_sender"
_WHY: Final = "whether anything was sent from the account, whoever wrote it"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a letter and why."""

    is_kept: bool
    matches: tuple[Match, ...] = ()
    is_unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one account during one visit."""

    account: MailAccount
    scope: Scope
    keeps_all: bool
    unwanted: frozenset[str]
    awaits_reports: bool = False
    """Letters were sent from the account, so that mail servers may have to say something about them."""

    @property
    def needs_headers_first(self) -> bool:
        """Whether bodies are fetched only after the header was read."""
        return not self.keeps_all or bool(self.unwanted)

    def direction(self, header: Header, special_use: str) -> Direction:
        """Sent by us when it lies in Sent, or one of our addresses or domains wrote it."""
        direction = direction_of(header=header, own_keys=self.scope.own_keys, special_use=special_use)
        if "from" not in header.ambiguous and any(sender.domain in self.scope.own_domains for sender in header.from_):
            return Direction.OUTGOING
        return direction

    def is_private(self, header: Header, direction: Direction) -> bool:
        """Whether the letter arrives as private."""
        return is_private_for(self.account, header=header, direction=direction)


def policy_for(account: MailAccount, *, scope: Scope, values: Values) -> Policy:
    """One query."""
    unwanted = UnwantedSender.objects.filter(Q(account=None) | Q(account=account)).values_list("key", flat=True)
    keeps_all = account.is_main or values.of(SCAN_ALL_LETTERS)
    sent = OutgoingLetter.objects.unscoped(_WHY).filter(account=account, sent_at__isnull=False)
    return Policy(account, scope, keeps_all, frozenset(unwanted), awaits_reports=not keeps_all and sent.exists())


def decide(headers: Sequence[Header], folders: Sequence[Folder], policy: Policy) -> list[Decision]:
    """What becomes of each letter, in their order; few queries, however many letters there are."""
    people = [outsiders(header, policy.scope) for header in headers]
    book = address_book_for({mailbox.key for of_one in people for _role, mailbox in of_one})
    matches = [match_people(of_one, book, policy.scope) for of_one in people]
    unmatched = [place for place, found in enumerate(matches) if not found and not policy.keeps_all]
    heirs = _heirs([headers[place] for place in unmatched], [folders[place] for place in unmatched], policy)
    inheriting = {place for place, is_heir in zip(unmatched, heirs, strict=True) if is_heir}
    decisions = []
    for place, (header, found) in enumerate(zip(headers, matches, strict=True)):
        is_unwanted = _is_from_one_of(header, policy.unwanted)
        is_kept = not is_unwanted and (policy.keeps_all or bool(found) or place in inheriting or _is_report(header, policy))
        decisions.append(Decision(is_kept, found, is_unwanted))
    return decisions


def _is_report(header: Header, policy: Policy) -> bool:
    """What a mail server, or a machine, says of a letter sent from here belongs to that letter, whoever it is from."""
    if not policy.awaits_reports:
        return False
    if any(is_from_server(f"{sender.name} {sender.address}") for sender in header.from_):
        return True
    return header.is_automatic and any(map(is_made_here, (*header.in_reply_to, *header.references)))


def _is_from_one_of(header: Header, keys: Collection[str]) -> bool:
    return any(sender.key in keys for sender in header.from_)


def _heirs(headers: Sequence[Header], folders: Sequence[Folder], policy: Policy) -> list[bool]:
    """Whether letters that no rule reaches answer in conversations that people linked by hand."""
    ids = [joining_ids(message_id="", in_reply_to=each.in_reply_to, references=each.references) for each in headers]
    wanted = {name for names in ids for name in names}
    if not wanted:
        return [False] * len(headers)
    threads = dict(ThreadReference.objects.filter(message_id__in=wanted).values_list("message_id", "thread_id"))
    if not threads:
        return [False] * len(headers)
    answered = [next((threads[name] for name in names if name in threads), 0) for names in ids]
    arrivals = [
        _provisional(header, folder, policy.direction(header, folder.special_use))
        for header, folder in zip(headers, folders, strict=True)
    ]
    return [bool(records) for records in inherited(arrivals, answered)]


def _provisional(header: Header, folder: Folder, direction: Direction) -> Arrival:
    nothing = KeptOriginal(sha256="", size=0, pack="", offset=0, stored_size=0)
    letter = ParsedLetter(header=header)
    return Arrival(folder.account_id, folder.pk, folder.path, "", "", nothing, letter, direction=direction)
