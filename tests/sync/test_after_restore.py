"""After a backup was brought back no letter leaves a second time by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from letters.making_outgoing import make_outgoing
from making import NOW
from mooring.desk.journal_words import moment_of
from mooring.letters.models import OutgoingLetter, OutgoingState
from mooring.sync.after_restore import leave_to_evidence, letters_to_come
from mooring.sync.outbox_leases import due_letters
from mooring.sync.troubles import trouble_of
from mooring.users.journal import entries_of_everything

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def state_of(letter: OutgoingLetter) -> str:
    return OutgoingLetter.objects.unscoped("the engine sends the letters of everybody").get(pk=letter.pk).state


@pytest.mark.parametrize("state", [OutgoingState.READY, OutgoingState.SENDING, OutgoingState.FAILED_TEMP])
def test_a_letter_on_its_way_is_of_unknown_fate(state: OutgoingState) -> None:
    letter = make_outgoing(state=state)
    assert leave_to_evidence(backup="2026-11-26T163000Z", now=LATER) == 1
    assert state_of(letter) == OutgoingState.UNKNOWN
    assert not due_letters(LATER).exists()


@pytest.mark.parametrize("state", [OutgoingState.DRAFT, OutgoingState.SENT, OutgoingState.FAILED])
def test_other_letters_stay_as_they_are(state: OutgoingState) -> None:
    letter = make_outgoing(state=state)
    assert leave_to_evidence(backup="2026-11-26T163000Z", now=LATER) == 0
    assert state_of(letter) == state


def test_a_letter_whose_time_is_still_to_come_is_sent_then() -> None:
    letter = make_outgoing(state=OutgoingState.READY, send_at=LATER + timedelta(hours=1))
    assert leave_to_evidence(backup="2026-11-26T163000Z", now=LATER) == 0
    assert state_of(letter) == OutgoingState.READY
    assert letters_to_come(now=LATER) == [letter]
    assert letters_to_come(now=LATER + timedelta(hours=2)) == []


def test_the_journal_says_which_backup_was_restored() -> None:
    leave_to_evidence(backup="2026-11-26T163000Z", now=LATER)
    (entry, *_) = entries_of_everything()
    assert moment_of(entry).title == "Installation brought back from the backup: 2026-11-26T163000Z"


def test_the_outbox_says_why() -> None:
    assert "backup" in str(trouble_of("restored"))
