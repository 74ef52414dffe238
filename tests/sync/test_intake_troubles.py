"""Letters that kill, cannot be read, or that the database refuses: each is shown, none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.db import DataError

from mooring.customers.models import Contact
from mooring.letters.arrivals import Arrival, Filed
from mooring.letters.models import Letter, MailAccount
from mooring.letters.originals import Originals
from mooring.letters.storing import file_batch
from mooring.mail.parser_process import Limits, Parser, ParserUnavailable
from mooring.mail.types import ParsedLetter
from mooring.sync.backlog import Backlog
from mooring.sync.engine import Engine
from mooring.sync.health import failed_letters, health_of_account
from mooring.sync.models import Item
from mooring.sync.visit import Visited
from mooring.users.models import User
from sync.mailboxes import (
    WHY,
    Clock,
    deliver,
    digests,
    files_account,
    item_states,
    make_letter,
    state_of,
    stored,
    subjects,
    visit,
)

pytestmark = pytest.mark.django_db(transaction=True)
Scan = Callable[..., Visited]


def test_a_letter_that_kills_its_reader_is_kept_all_the_same(
    owner: User, carol: Contact, maildir: Path, engine: Engine, clock: Clock
) -> None:
    bomb = make_letter(subject="Bomb", body="x" * 40_000_000)
    letters = [make_letter(subject="Before"), bomb, make_letter(subject="After")]
    deliver(maildir, *letters)
    account = files_account(owner, maildir)
    with Parser(child_count=1, limits=Limits(memory=220 * 1024 * 1024)) as narrow:
        assert visit(account, engine=engine, clock=clock, parser=narrow) is Visited.DONE
    assert item_states(account) == {"filed": 3}
    assert stored(engine.originals) == digests(letters)
    assert Letter.objects.unscoped(WHY).get(subject="Bomb").defects


class _NoReader(Parser):
    """A machine on which no process can be started."""

    def read_letters(self, raws: Sequence[bytes]) -> list[ParsedLetter]:
        raise ParserUnavailable


@pytest.mark.parametrize("is_main", [True, False])
def test_without_a_reader_letters_wait_however_often_it_fails(
    is_main: bool, owner: User, carol: Contact, maildir: Path, engine: Engine, clock: Clock, scan: Scan
) -> None:
    deliver(maildir, make_letter())
    account = files_account(owner, maildir, is_main=is_main)
    for _visit in range(5):
        assert visit(account, engine=engine, clock=clock, parser=_NoReader()) is Visited.FAILED
        clock.wind(hours=1)
    assert state_of(account).error_code == "no_reader"
    scan(account)
    assert item_states(account) == {"filed": 1}


def test_without_room_for_their_bytes_letters_wait_however_often_it_fails(
    owner: User, carol: Contact, maildir: Path, engine: Engine, clock: Clock, scan: Scan, tmp_path: Path
) -> None:
    letters = [make_letter() for _ in range(350)]
    deliver(maildir, *letters)
    account = files_account(owner, maildir, is_main=True)
    (tmp_path / "no folder").write_text("")
    nowhere = Originals(tmp_path / "no folder" / "originals")
    for _visit in range(4):
        assert visit(account, engine=engine, clock=clock, originals=nowhere) is Visited.FAILED
        clock.wind(hours=1)
    assert (Letter.objects.unscoped(WHY).count(), set(Item.objects.values_list("attempts", flat=True))) == (0, {0})
    assert scan(account) is Visited.DONE
    assert (item_states(account), stored(engine.originals)) == ({"filed": 350}, digests(letters))


def test_a_letter_that_the_database_refuses_is_shown_and_the_others_go_on(
    owner: User, carol: Contact, maildir: Path, scan: Scan, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_one(*, arrivals: Sequence[Arrival], now: object) -> list[Filed]:
        if any(each.letter.header.subject == "Refused" for each in arrivals):
            raise DataError("value out of range")
        return file_batch(arrivals=arrivals, now=clock.now)

    monkeypatch.setattr("mooring.sync.intake.file_batch", refuse_one)
    deliver(maildir, *(make_letter(subject=subject) for subject in ("One", "Refused", "Two")))
    account = files_account(owner, maildir)
    scan(account)
    assert (subjects(), item_states(account)) == (["One", "Two"], {"filed": 2, "failed": 1})
    assert failed_letters(account)[0].trouble.what.startswith("The database refused")
    assert health_of_account(account, now=clock.now).light == "warn"


def test_a_visit_that_is_told_to_stop_leaves_the_rest_for_the_next(
    owner: User, carol: Contact, maildir: Path, engine: Engine, clock: Clock, scan: Scan
) -> None:
    deliver(maildir, *(make_letter() for _ in range(250)))
    account = files_account(owner, maildir, is_main=True)
    scan(account, parser=_Winding(engine.parser, clock))
    states = item_states(account)
    assert states["filed"] >= 100
    assert states["listed"] >= 50
    assert state_of(account).next_visit_at == clock.now
    health = health_of_account(account, now=clock.now)
    assert (health.light, health.is_first_scan, 0 < health.numbers.progress < 100) == ("busy", True, True)
    while scan(account) is Visited.MORE:
        pass
    assert item_states(account) == {"filed": 250}


class _Winding(Parser):
    """Reading takes so long that the time of the visit is over."""

    def __init__(self, parser: Parser, clock: Clock) -> None:
        self._parser, self._winding = parser, clock

    def read_letters(self, raws: Sequence[bytes]) -> list[ParsedLetter]:
        self._winding.wind(seconds=61)
        return self._parser.read_letters(raws)


@pytest.fixture
def waiting(owner: User, maildir: Path, scan: Scan) -> MailAccount:
    """An account with twelve letters that are waiting."""
    deliver(maildir, *(make_letter("stranger@x.example") for _ in range(12)))
    account = files_account(owner, maildir)
    scan(account)
    Item.objects.update(state="listed")
    return account


@pytest.mark.parametrize(("attempts", "at_once"), [(0, 12), (1, 10), (2, 1), (3, 0)])
def test_suspects_are_tried_among_few_then_alone_then_not(attempts: int, at_once: int, waiting: MailAccount) -> None:
    Item.objects.update(attempts=attempts)
    backlog = Backlog(list(waiting.folders.values_list("pk", flat=True)))
    assert len(backlog.next_portion(count=100, size=1 << 30)) == at_once
    assert len(backlog.hopeless) == (12 if attempts == 3 else 0)


def test_suspects_take_turns_with_letters_above_suspicion(waiting: MailAccount) -> None:
    suspects = list(Item.objects.order_by("-rank", "-pk").values_list("pk", flat=True)[:2])
    Item.objects.filter(pk__in=suspects).update(attempts=2)
    backlog = Backlog(list(waiting.folders.values_list("pk", flat=True)))
    portions = [[each.item_id for each in backlog.next_portion(count=4, size=1 << 30)] for _ in range(6)]
    assert [len(portion) for portion in portions] == [4, 1, 4, 1, 2, 0]


def test_portions_keep_within_bytes_but_a_large_letter_goes_alone(waiting: MailAccount) -> None:
    Item.objects.update(size=10)
    newest = Item.objects.order_by("-rank", "-pk").values_list("pk", flat=True)[0]
    Item.objects.filter(pk=newest).update(size=1_000)
    backlog = Backlog(list(waiting.folders.values_list("pk", flat=True)))
    assert [len(backlog.next_portion(count=100, size=50)) for _ in range(4)] == [1, 5, 5, 1]


def test_letters_of_a_dropped_folder_are_left(waiting: MailAccount) -> None:
    Item.objects.filter(pk__in=list(Item.objects.values_list("pk", flat=True)[:3])).update(attempts=1)
    folder_id = waiting.folders.get().pk
    backlog = Backlog([folder_id])
    backlog.next_portion(count=100, size=1 << 30)
    backlog.drop_folder(folder_id)
    assert backlog.next_portion(count=100, size=1 << 30) == []
