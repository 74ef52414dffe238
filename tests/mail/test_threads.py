"""Conversations: which ids join a letter to one, and subjects without what replies add."""

from __future__ import annotations

import pytest

from mooring.mail.threads import joining_ids, normal_subject


def test_a_letter_joins_by_its_own_id_then_by_the_nearest() -> None:
    ids = joining_ids(message_id="4@x", in_reply_to=("3@x",), references=("1@x", "2@x", "3@x"))
    assert ids == ("4@x", "3@x", "2@x", "1@x")


def test_missing_ids_and_blanks_join_nothing() -> None:
    assert joining_ids(message_id="", in_reply_to=(" ",), references=()) == ()
    assert joining_ids(message_id=" a@x ", in_reply_to=("a@x",), references=()) == ("a@x",)


def test_of_very_many_ids_the_root_stays() -> None:
    ids = joining_ids(message_id="me@x", in_reply_to=(), references=tuple(f"{n}@x" for n in range(200)))
    assert (len(ids), ids[0], ids[1], ids[-1]) == (50, "me@x", "199@x", "0@x")


@pytest.mark.parametrize(
    ("subject", "normal"),
    [
        ("Offer", "offer"),
        ("Re: Offer", "offer"),
        ("RE: AW: Odp: Fwd:  Offer", "offer"),
        ("Re[2]: Offer", "offer"),
        ("Re (3): Offer", "offer"),
        ("回复：Offer", "offer"),
        ("[EXTERNAL] Re: Offer", "offer"),
        ("Offer (fwd)", "offer"),
        ("Regarding: Offer", "regarding: offer"),
        ("[list] Offer", "[list] offer"),
        ("  Two \t lines ", "two lines"),
        ("Re:", ""),
        ("", ""),
    ],
)
def test_subjects_are_compared_without_prefixes(subject: str, normal: str) -> None:
    assert normal_subject(subject) == normal
