"""Letters that were sent from here come into the archive at once, linked like all others, whatever becomes of their Sent copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction

from mooring.letters.arrivals import Arrival
from mooring.letters.models import Direction, Folder, MailAccount, OutgoingLetter
from mooring.letters.options import scope_of_account
from mooring.letters.originals import KeptOriginal
from mooring.letters.storing import store_batch
from mooring.letters.written_here import WRITTEN_HERE
from mooring.mail.types import ParsedLetter
from mooring.options.values import read_all
from mooring.sync.deciding import Policy, decide, policy_for
from mooring.sync.engine import Engine
from mooring.sync.leases import Clock
from mooring.sync.outbox_leases import letters_of_everybody
from mooring.sync.sent_folder import sent_folder_of

MOST_AT_ONCE: Final = 50


def archive_sent(account: MailAccount, *, engine: Engine, clock: Clock) -> int:
    """Archive what at least one recipient got; how many. Done again after a kill, it finds what is there already.

    Raises originals.UnableToRead, parser_process.ParserUnavailable, and what the database raises.
    """
    letters = list(
        letters_of_everybody()
        .filter(account=account, sent_at__isnull=False, archived_at=None)
        .select_related("original")
        .order_by("id")[:MOST_AT_ONCE]
    )
    if not letters:
        return 0
    parsed = engine.parser.read_letters([engine.originals.read(_kept(each)) for each in letters])
    folder = sent_folder_of(account)
    values = read_all()
    policy = policy_for(account, scope=scope_of_account(account, values=values), values=values)
    arrivals = _arrivals(letters, parsed, folder or Folder(account=account, special_use="sent"), policy)
    now = clock()
    with transaction.atomic():
        for letter, delivery in zip(letters, store_batch(arrivals=arrivals, now=now), strict=True):
            letters_of_everybody().filter(pk=letter.pk).update(letter=delivery.letter_id, archived_at=now)
    return len(letters)


def _arrivals(letters: Sequence[OutgoingLetter], parsed: Sequence[ParsedLetter], folder: Folder, policy: Policy) -> list[Arrival]:
    """Sent letters are kept even where nothing matches: whoever wrote them wants to see them."""
    decisions = decide([each.header for each in parsed], [folder] * len(letters), policy)
    return [
        Arrival(
            account_id=letter.account_id,
            folder_id=folder.pk,
            folder_path=folder.path,
            epoch=WRITTEN_HERE,
            server_id=str(letter.pk),
            original=_kept(letter),
            letter=each,
            received_at=letter.sent_at,
            flags=frozenset({"\\Seen"}),
            direction=Direction.OUTGOING,
            is_private=policy.is_private(each.header, Direction.OUTGOING),
            matches=decision.matches,
        )
        for letter, each, decision in zip(letters, parsed, decisions, strict=True)
    ]


def _kept(letter: OutgoingLetter) -> KeptOriginal:
    row = letter.original
    assert row is not None  # a constraint of the database
    return KeptOriginal(row.sha256, row.size, row.pack, row.offset, row.stored_size)
