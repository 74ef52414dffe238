"""Takes waiting letters in: header, decision, bytes made safe, read in the limited child, stored. In portions, pipelined.

While one portion is made safe and read in the child process and the one before is stored, the next is on its way over the
network. The connection is used by one thread of its own, so is the disk; the database by the visiting thread only. Nothing
is stored before its bytes are safe.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from django.db import DataError, IntegrityError

from mooring.letters.arrivals import Arrival
from mooring.letters.models import Folder
from mooring.letters.options import KEEP_HINTS
from mooring.letters.originals import KeptOriginal, UnableToKeep, digest_of
from mooring.letters.storing import file_batch
from mooring.mail.errors import CommandRefused, FolderMissing, MailError, ServerBusy, ServerUnavailable
from mooring.mail.parser_process import ParserUnavailable
from mooring.mail.types import Header, ParsedLetter
from mooring.sync import items, places
from mooring.sync.backlog import WANTED_WHOLE, Backlog, Waiting
from mooring.sync.deciding import UNWANTED, Decision, Policy, decide
from mooring.sync.engine import Engine
from mooring.sync.hints import hints_of
from mooring.sync.options import LARGEST_LETTER_MB
from mooring.sync.pressure import DiskNearlyFull
from mooring.sync.round import Round, wire_folder

MOST_LETTERS: Final = 400
"""What a portion costs by itself (some thirty statements, three fsync) is then little for each letter, and its memory bounded."""
MOST_BYTES: Final = 8 * 1024 * 1024
READ_AHEAD: Final = 2
"""So many portions are read, or being read, while one is stored: neither waits for the other's slow ones."""
MOST_HEADERS: Final = 500
MOST_REFUSALS: Final = 3
"""So many refused portions in a row are the folder's fault, not a letter's."""
_WITHOUT_LIMIT: Final = 1 << 60

_REFUSALS_OF_A_DATABASE: Final = (DataError, IntegrityError, ValueError, OverflowError)
"""What a database or its driver says to a value that it cannot hold."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Portion:
    """Letters that are fetched together, with what is decided about them already."""

    letters: tuple[Waiting, ...]
    decisions: dict[int, Decision]
    """By item id; empty where letters are decided about when they are here."""
    is_partial: bool = False
    """Too large: only the header block is kept."""


@dataclass(slots=True)
class Fetched:
    """What a fetch brought, by item id, and what went wrong."""

    raws: dict[int, bytes] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    """Of letters that are to be kept."""
    refusals: dict[int, MailError] = field(default_factory=dict)
    """By folder id."""
    broken: MailError | None = None
    """The connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Letters whose bytes are being made safe while they are read in the child."""

    letters: tuple[Waiting, ...]
    kept: Future[list[KeptOriginal]]
    parsed: Future[list[ParsedLetter]]
    portion: Portion


class Intake:
    """The letters waiting in some folders of one account, taken in until the slice of time is over."""

    def __init__(self, visit: Round, folders: Sequence[Folder], policy: Policy, *, engine: Engine) -> None:
        self._visit = visit
        self._lease = visit.lease
        self._folders = {folder.pk: folder for folder in folders}
        self._policy = policy
        self._engine = engine
        self._parser = engine.parser
        self._originals = engine.originals
        self._backlog = Backlog(list(self._folders))
        self._largest = visit.values.of(LARGEST_LETTER_MB) * 1_000_000
        self._keeps_hints = visit.values.of(KEEP_HINTS)
        self._begun: dict[int, Waiting] = {}
        self._refusals: Counter[int] = Counter()
        self.failed_folders: dict[int, MailError] = {}
        """Folders (ids) whose letters the server refuses to hand out."""

    @property
    def in_work(self) -> Collection[Waiting]:
        """Letters that were begun, by which an attempt was counted, and about which nothing was written down since."""
        return self._begun.values()

    def run(self) -> bool:
        """Take letters in. True when some are left because the time was over.

        Raises MailError, UnableToKeep, DiskNearlyFull, ParserUnavailable and LeaseLost; letters that were safe by then are
        stored.
        """
        in_work: deque[Reading] = deque()
        with ThreadPoolExecutor(1) as self._network, ThreadPoolExecutor(1) as self._readers, ThreadPoolExecutor(1) as self._disk:
            portions = self._portions()
            ahead = self._begin(portions)
            try:
                while ahead is not None:
                    begun, ahead = ahead, None
                    in_work.append(self._start_reading(*begun))
                    ahead = self._begin(portions)
                    while len(in_work) > READ_AHEAD:
                        self._store(in_work.popleft())
            except (UnableToKeep, ParserUnavailable):
                if ahead is not None:
                    items.give_back(self._lease, ahead[0].letters)
                raise
            finally:
                self._store_rest(in_work)
        items.park(self._lease, self._backlog.hopeless)
        return self._visit.is_over()

    # -- which letters -------------------------------------------------------------------------------------------------

    def _portions(self) -> Iterator[Portion]:
        while not self._visit.is_over():
            if self._policy.needs_headers_first:
                letters = self._backlog.next_portion(count=MOST_HEADERS, size=_WITHOUT_LIMIT)
                yield from self._worth_fetching(letters)
            else:
                letters = self._backlog.next_portion(count=MOST_LETTERS, size=MOST_BYTES)
                yield from self._by_size(letters, {})
            if not letters:
                return

    def _worth_fetching(self, letters: Sequence[Waiting]) -> Iterator[Portion]:
        """Read the headers of letters, write down whom nobody knows, and go on with the others."""
        if not letters:
            return
        self._count_attempt(letters)
        fetched = self._network.submit(self._fetch, letters, is_partial=True).result()
        raws = self._accounted(letters, fetched)
        here = [letter for letter in letters if letter.item_id in raws]
        try:
            parsed = self._parser.read_letters([raws[letter.item_id] for letter in here])
        except ParserUnavailable:
            items.give_back(self._lease, letters)
            raise
        headers = {letter.item_id: each.header for letter, each in zip(here, parsed, strict=True)}
        found = decide(list(headers.values()), [self._folders[letter.folder_id] for letter in here], self._policy)
        decisions = dict(zip(headers, found, strict=True))
        self._write_skipped([letter for letter in here if not decisions[letter.item_id].is_kept], headers, decisions)
        kept = [letter for letter in here if decisions[letter.item_id].is_kept]
        items.give_back(self._lease, kept)
        self._settle(here)
        for start in range(0, len(kept), MOST_LETTERS):
            yield from self._by_size(kept[start : start + MOST_LETTERS], decisions)

    def _write_skipped(self, letters: Sequence[Waiting], headers: dict[int, Header], decisions: dict[int, Decision]) -> None:
        unwanted = [letter for letter in letters if decisions[letter.item_id].is_unwanted]
        strangers = [letter for letter in letters if not decisions[letter.item_id].is_unwanted]
        hints = [
            (letter.item_id, hints_of(headers[letter.item_id], self._policy.scope))
            for letter in strangers
            if self._keeps_hints and not letter.is_archived
        ]
        with self._lease.writing():
            items.skip(unwanted, error_code=UNWANTED)
            items.skip(strangers, hints=hints)

    def _by_size(self, letters: Sequence[Waiting], decisions: dict[int, Decision]) -> Iterator[Portion]:
        """Portions within the limit of bytes; of too large letters only the header block."""
        fitting: list[Waiting] = []
        left = MOST_BYTES
        for letter in letters:
            if letter.size > self._largest and letter.error_code != WANTED_WHOLE:
                yield Portion((letter,), decisions, is_partial=True)
                continue
            if fitting and letter.size > left:
                yield Portion(tuple(fitting), decisions)
                fitting, left = [], MOST_BYTES
            fitting.append(letter)
            left -= letter.size
        if fitting:
            yield Portion(tuple(fitting), decisions)

    def _count_attempt(self, letters: Sequence[Waiting]) -> None:
        self._begun.update((letter.item_id, letter) for letter in letters)
        items.begin(self._lease, letters)

    def _settle(self, letters: Sequence[Waiting]) -> None:
        for letter in letters:
            self._begun.pop(letter.item_id, None)

    # -- their bytes ---------------------------------------------------------------------------------------------------

    def _begin(self, portions: Iterator[Portion]) -> tuple[Portion, Future[Fetched]] | None:
        portion = next(portions, None)
        if portion is None:
            return None
        if not self._engine.space().is_enough():
            raise DiskNearlyFull
        self._count_attempt(portion.letters)
        return portion, self._network.submit(self._fetch_to_keep, portion)

    def _fetch_to_keep(self, portion: Portion) -> Fetched:
        """Hashing leaves the processor to other threads, so it costs the visiting thread nothing here."""
        fetched = self._fetch(portion.letters, is_partial=portion.is_partial)
        fetched.digests = {item_id: digest_of(raw) for item_id, raw in fetched.raws.items()}
        return fetched

    def _fetch(self, letters: Sequence[Waiting], *, is_partial: bool) -> Fetched:
        """In the thread of the connection. What broke the connection comes back as a value, with what came before it."""
        fetched = Fetched()
        incoming = self._visit.incoming
        for folder_id, group in groupby(sorted(letters, key=_folder_id), key=_folder_id):
            by_server_id = {letter.server_id: letter.item_id for letter in group}
            ask = incoming.headers if is_partial else incoming.fetch
            try:
                for raw in ask(wire_folder(self._folders[folder_id]), list(by_server_id)):
                    if raw.server_id in by_server_id:
                        fetched.raws[by_server_id[raw.server_id]] = raw.raw
            except (CommandRefused, FolderMissing, ServerUnavailable) as error:
                fetched.refusals[folder_id] = error
            except MailError as error:
                fetched.broken = error
                return fetched
        return fetched

    def _accounted(self, letters: Sequence[Waiting], fetched: Fetched) -> dict[int, bytes]:
        """What arrived; for letters that did not, the reason is written down. Raises the MailError that broke the connection."""
        missing = [letter for letter in letters if letter.item_id not in fetched.raws]
        broken = fetched.broken
        if isinstance(broken, ServerBusy):
            items.give_back(self._lease, missing)
        elif broken is not None:
            items.blame(self._lease, missing, broken.code)
        else:
            refused = [letter for letter in missing if letter.folder_id in fetched.refusals]
            items.blame(self._lease, refused, CommandRefused.code)
            items.blame(self._lease, [letter for letter in missing if letter not in refused], items.NOT_DELIVERED)
        self._settle(missing)
        self._note_refusals(fetched)
        if broken is not None:
            raise broken
        self._lease.renew()
        return fetched.raws

    def _note_refusals(self, fetched: Fetched) -> None:
        for folder_id, error in fetched.refusals.items():
            self._refusals[folder_id] += 1
            if isinstance(error, FolderMissing) or self._refusals[folder_id] >= MOST_REFUSALS:
                self.failed_folders[folder_id] = error
                self._backlog.drop_folder(folder_id)

    # -- into the archive ----------------------------------------------------------------------------------------------

    def _start_reading(self, portion: Portion, fetching: Future[Fetched]) -> Reading:
        fetched = fetching.result()
        here = tuple(letter for letter in portion.letters if letter.item_id in fetched.raws)
        raws = [fetched.raws[letter.item_id] for letter in here]
        keeping = self._originals.keeping(raws, digests=[fetched.digests[letter.item_id] for letter in here])
        kept, parsed = self._disk.submit(keeping.finish), self._readers.submit(self._parser.read_letters, raws)
        reading = Reading(here, kept, parsed, portion)
        try:
            self._accounted(portion.letters, fetched)
        except MailError:
            self._store(reading)
            raise
        return reading

    def _store(self, reading: Reading) -> None:
        try:
            kept, parsed = reading.kept.result(), reading.parsed.result()
        except (UnableToKeep, ParserUnavailable):
            items.give_back(self._lease, reading.letters)
            raise
        decisions = reading.portion.decisions or self._decided(reading.letters, parsed)
        arrivals = [
            self._arrival(letter, original, each, decisions[letter.item_id], is_partial=reading.portion.is_partial)
            for letter, original, each in zip(reading.letters, kept, parsed, strict=True)
        ]
        try:
            self._write(reading.letters, arrivals, is_partial=reading.portion.is_partial)
        except _REFUSALS_OF_A_DATABASE:
            for letter, arrival in zip(reading.letters, arrivals, strict=True):
                self._write_alone(letter, arrival)

    def _store_rest(self, in_work: deque[Reading]) -> None:
        """Whatever becomes of one portion, the others have their turn."""
        try:
            while in_work:
                self._store(in_work.popleft())
        finally:
            if in_work:
                self._store_rest(in_work)

    def _decided(self, letters: Sequence[Waiting], parsed: Sequence[ParsedLetter]) -> dict[int, Decision]:
        folders = [self._folders[letter.folder_id] for letter in letters]
        found = decide([each.header for each in parsed], folders, self._policy)
        return {letter.item_id: decision for letter, decision in zip(letters, found, strict=True)}

    def _arrival(
        self, letter: Waiting, kept: KeptOriginal, parsed: ParsedLetter, decision: Decision, *, is_partial: bool
    ) -> Arrival:
        folder = self._folders[letter.folder_id]
        direction = self._policy.direction(parsed.header, folder.special_use)
        return Arrival(
            account_id=folder.account_id,
            folder_id=folder.pk,
            folder_path=folder.path,
            epoch=letter.epoch,
            server_id=letter.server_id,
            original=kept,
            letter=parsed,
            received_at=letter.received_at,
            flags=frozenset(letter.flags),
            direction=direction,
            is_private=self._policy.is_private(parsed.header, direction),
            matches=decision.matches,
            is_partial=is_partial,
            size=letter.size if is_partial else None,
        )

    def _write(self, letters: Sequence[Waiting], arrivals: Sequence[Arrival], *, is_partial: bool) -> None:
        if not letters:
            return
        with self._lease.writing() as now:
            filed = file_batch(arrivals=arrivals, now=now)
            items.file(letters, filed, is_partial=is_partial)
            places.settle_moves(self._policy.account.pk, filed)
        self._settle(letters)

    def _write_alone(self, letter: Waiting, arrival: Arrival) -> None:
        try:
            self._write([letter], [arrival], is_partial=arrival.is_partial)
        except _REFUSALS_OF_A_DATABASE:
            _log.exception("Letter %s in folder %s cannot be stored", letter.server_id, letter.folder_id)
            with self._lease.writing():
                items.fail(letter, items.UNSTORABLE)
            self._settle([letter])


def _folder_id(letter: Waiting) -> int:
    return letter.folder_id
