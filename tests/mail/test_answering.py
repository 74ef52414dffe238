"""What an answer takes over from the letter that it is about."""

from __future__ import annotations

import pytest

from mooring.mail.answering import answer_subject, forward_subject, place_after
from mooring.mail.parsing import read_letter


@pytest.mark.parametrize(
    ("subject", "answer", "forward"),
    [
        ("Ropes", "Re: Ropes", "Fwd: Ropes"),
        ("RE: AW: Odp: Re[3]: Ropes", "Re: Ropes", "Fwd: RE: AW: Odp: Re[3]: Ropes"),
        ("Fw: PD: Ropes", "Re: Fw: PD: Ropes", "Fwd: Ropes"),
        ("Regatta: the plan", "Re: Regatta: the plan", "Fwd: Regatta: the plan"),
        ("", "Re:", "Fwd:"),
    ],
)
def test_marks_of_answers_are_not_piled_up(subject: str, answer: str, forward: str) -> None:
    assert (answer_subject(subject), forward_subject(subject)) == (answer, forward)


def test_an_answer_follows_the_letter_and_all_before_it() -> None:
    raw = b"Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nIn-Reply-To: <b@x>\r\n\r\n"
    place = place_after(read_letter(raw).header, raw)
    assert (place.in_reply_to, place.references) == ("c@x", ("a@x", "b@x", "c@x"))
    assert (place.thread_topic, place.thread_index) == ("", "")


def test_a_single_in_reply_to_stands_in_for_missing_references() -> None:
    one = read_letter(b"Message-ID: <c@x>\r\nIn-Reply-To: <b@x>\r\n\r\n").header
    several = read_letter(b"Message-ID: <c@x>\r\nIn-Reply-To: <a@x> <b@x>\r\n\r\n").header
    assert place_after(one).references == ("b@x", "c@x")
    assert place_after(several).references == ("c@x",)


def test_a_letter_without_an_id_starts_no_conversation_of_its_own() -> None:
    header = read_letter(b"References: <a@x>\r\n\r\n").header
    assert (place_after(header).in_reply_to, place_after(header).references) == ("", ("a@x",))


def test_what_outlook_goes_by_is_taken_over_if_it_makes_sense() -> None:
    raw = b"Thread-Topic: Ropes\r\n and sails\r\nThread-Index: AdABCDEFGHIJKLMNOPQRSTUV\r\n WXYZ==\r\n\r\nThread-Topic: body"
    place = place_after(read_letter(raw).header, raw)
    assert (place.thread_topic, place.thread_index) == ("Ropes and sails", "AdABCDEFGHIJKLMNOPQRSTUVWXYZ==")
    assert place_after(read_letter(raw).header, b"Thread-Index: !!\r\n\r\n").thread_index == ""
