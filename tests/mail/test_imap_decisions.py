"""The decision alone: the cheapest way to learn what changed in a folder that cannot miss a letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mooring.mail.errors import MailError
from mooring.mail.protocols.imap.snapshot import Plan, Snapshot, decide

K = Snapshot(uidvalidity=7, uidnext=10, messages=5, modseq=100, since=100)
PLAIN = replace(K, modseq=0, since=0)


@pytest.mark.parametrize(
    ("before", "now", "is_full", "plan"),
    [
        (None, K, False, Plan.COMPARE),
        (K, K, False, Plan.NOTHING),
        (K, K, True, Plan.COMPARE),
        (K, replace(K, uidvalidity=8), False, Plan.COMPARE),
        (replace(K, uidvalidity=0), replace(K, uidvalidity=0), False, Plan.COMPARE),
        (K, replace(K, modseq=101), False, Plan.BY_MODSEQ),
        (K, replace(K, messages=6, uidnext=11), False, Plan.BY_MODSEQ),
        (replace(K, since=90), K, False, Plan.BY_MODSEQ),
        (K, replace(K, modseq=99), False, Plan.COMPARE),
        (K, replace(K, modseq=0), False, Plan.COMPARE),
        (PLAIN, K, False, Plan.COMPARE),
        (K, replace(K, uidnext=9, modseq=101), False, Plan.COMPARE),
        (K, replace(K, messages=0, modseq=101), False, Plan.COMPARE),
        (PLAIN, PLAIN, False, Plan.NOTHING),
        (PLAIN, replace(PLAIN, uidnext=12, messages=7), False, Plan.ARRIVALS),
        (PLAIN, replace(PLAIN, uidnext=12, messages=6), False, Plan.COMPARE),
        (PLAIN, replace(PLAIN, messages=4), False, Plan.COMPARE),
        (PLAIN, replace(PLAIN, uidnext=9, messages=4), False, Plan.COMPARE),
    ],
)
def test_the_cheapest_plan_that_cannot_miss_a_letter(before: Snapshot | None, now: Snapshot, is_full: bool, plan: Plan) -> None:
    assert decide(before, now, is_full=is_full) is plan


def test_every_error_knows_whether_to_try_again() -> None:
    assert all(isinstance(error.needs_person, bool) for error in MailError.__subclasses__())
