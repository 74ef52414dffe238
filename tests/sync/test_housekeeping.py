"""What the engine tidies up: drafts thrown away, files that nothing needs, and to whom the letters of an account went."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from letters.making_letters import arrival, make_account, raw_letter
from making import NOW, actor
from mooring.letters.attached_files import SWEPT_AFTER, AttachedFiles, UnableToReadFile
from mooring.letters.attaching import attach
from mooring.letters.drafting import KEPT_AFTER_DISCARDING, DraftData, discard_draft, drafts_of, start_draft
from mooring.letters.models import Correspondent, Direction
from mooring.letters.storing import store_batch
from mooring.sync.housekeeping import TIDY_EVERY, Housekeeping, learn_from_sent_letters
from mooring.users.models import User


def test_discarded_drafts_and_their_files_go_for_good(bob: User, tmp_path: Path) -> None:
    files = AttachedFiles(tmp_path)
    draft = start_draft(data=DraftData(account=make_account(bob)), by=actor(bob), now=NOW)
    row = attach(draft=draft, files=files, name="x", content_type="text/plain", chunks=[b"x"], by=actor(bob), now=NOW)
    discard_draft(draft=draft, by=actor(bob), now=NOW)
    house = Housekeeping(tmp_path)
    assert house.tidy_up(NOW)
    assert not house.tidy_up(NOW + TIDY_EVERY - timedelta(seconds=1))
    assert files.read(row.sha256) == b"x"
    long_after = NOW + KEPT_AFTER_DISCARDING + SWEPT_AFTER + timedelta(days=9_999)
    assert house.tidy_up(long_after)
    assert not drafts_of(bob).exists()
    with pytest.raises(UnableToReadFile):
        files.read(row.sha256)


def test_people_are_learnt_chunk_by_chunk(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mooring.letters.correspondents.CHUNK", 2)
    monkeypatch.setattr("mooring.sync.housekeeping.CHUNK", 2)
    box = make_account(bob)
    raws = [raw_letter(sender=box.address, to=f"n{number}@far.example") for number in range(5)]
    store_batch(arrivals=[arrival(box, raw, direction=Direction.OUTGOING) for raw in raws], now=NOW)
    assert learn_from_sent_letters(box.pk, now=NOW) == 5
    assert Correspondent.objects.count() == 5
