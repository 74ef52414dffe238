"""Whom a reply goes to, and how the letter it answers is quoted."""

from __future__ import annotations

import pytest
from django.utils import timezone

from letters.making_letters import make_account, make_letter, raw_letter
from making import NOW
from mooring.letters.answering import (
    MOST_QUOTED,
    Quoted,
    followup_of,
    html_of_answer,
    recipients_of_answer,
    subject_of_answer,
    text_of_answer,
    text_with_signature,
)
from mooring.letters.models import Letter, OutgoingKind, Participant
from mooring.mail.types import Mailbox

REPLY, ALL, FORWARD = OutgoingKind.REPLY, OutgoingKind.REPLY_ALL, OutgoingKind.FORWARD
OWN = {"bob@mooring.example"}


def people(**roles: str) -> list[Participant]:
    """people(from_="ann@a.example", to="bob@mooring.example, eve@e.example")."""
    return [
        Participant(role=role.rstrip("_"), address=address, key=address.lower())
        for role, addresses in roles.items()
        for address in addresses.split(", ")
    ]


def answer(kind: str, *, followup: str = "", **roles: str) -> tuple[list[str], list[str]]:
    wanted = tuple(Mailbox("", each, each) for each in followup.split(", ") if each)
    found = recipients_of_answer(people(**roles), kind=kind, own_keys=OWN, followup_to=wanted)
    return [each.address for each in found.to], [each.address for each in found.cc]


def test_a_reply_goes_to_the_sender() -> None:
    assert answer(REPLY, from_="Ann@a.example", to="bob@mooring.example, eve@e.example", cc="kim@k.example") == (
        ["Ann@a.example"],
        [],
    )


def test_a_reply_goes_where_reply_to_says() -> None:
    assert answer(REPLY, from_="ann@a.example", reply_to="desk@a.example", to="bob@mooring.example") == (["desk@a.example"], [])


def test_a_reply_to_all_leaves_out_oneself_and_names_nobody_twice() -> None:
    found = answer(
        ALL,
        from_="ann@a.example",
        to="bob@mooring.example, eve@e.example, ann@a.example",
        cc="kim@k.example, EVE@e.example, bob@mooring.example",
    )
    assert found == (["ann@a.example", "eve@e.example"], ["kim@k.example"])


def test_a_reply_to_ones_own_letter_goes_to_its_recipients() -> None:
    roles = {"from_": "bob@mooring.example", "to": "ann@a.example, eve@e.example", "cc": "kim@k.example"}
    assert answer(REPLY, **roles) == (["ann@a.example", "eve@e.example"], [])
    assert answer(ALL, **roles) == (["ann@a.example", "eve@e.example"], ["kim@k.example"])


def test_a_letter_to_oneself_is_answered_to_oneself() -> None:
    assert answer(REPLY, from_="bob@mooring.example", to="bob@mooring.example") == (["bob@mooring.example"], [])
    assert answer(ALL, from_="bob@mooring.example", to="bob@mooring.example") == (["bob@mooring.example"], [])


def test_a_reply_to_all_goes_where_the_list_wants_it() -> None:
    found = answer(ALL, from_="ann@a.example", to="list@l.example", followup="list@l.example, bob@mooring.example")
    assert found == (["list@l.example"], [])
    assert answer(ALL, from_="ann@a.example", to="list@l.example", followup="bob@mooring.example") == (
        ["bob@mooring.example"],
        [],
    )
    assert answer(REPLY, from_="ann@a.example", to="list@l.example", followup="list@l.example") == (["ann@a.example"], [])


def test_a_forwarded_letter_goes_to_nobody_yet() -> None:
    assert answer(FORWARD, from_="ann@a.example", to="bob@mooring.example") == ([], [])


def test_the_followup_field_of_a_list_is_read() -> None:
    raw = raw_letter(extra="Mail-Followup-To: Ropes <list@l.example>, not an address")
    assert [each.address for each in followup_of(raw)] == ["list@l.example"]
    assert followup_of(raw_letter()) == ()


@pytest.mark.parametrize(
    ("subject", "kind", "wanted"),
    [("Ropes", REPLY, "Re: Ropes"), ("AW: Re: Ropes", ALL, "Re: Ropes"), ("Fwd: Ropes", FORWARD, "Fwd: Ropes")],
)
def test_a_subject_is_marked_once(subject: str, kind: str, wanted: str) -> None:
    assert subject_of_answer(subject, kind) == wanted


@pytest.fixture
def letter(db: None) -> Letter:
    return make_letter(make_account(), subject="Ropes <b>", now=NOW)


@pytest.fixture(autouse=True)
def utc() -> object:
    with timezone.override("UTC"):
        yield


def test_a_reply_quotes_the_html_made_safe_and_without_pictures(letter: Letter) -> None:
    quoted = Quoted(html='<p>How <b>much</b>?</p><script>run()</script><img src="cid:rope">')
    html = html_of_answer(letter, people(), quoted, kind=REPLY, signature="<p>Bob</p>")
    assert html.startswith('<p></p><div class="signature"><p>Bob</p></div><p>On March 2, 2026, ')
    assert "Ann &lt;ann@harbour.example&gt; wrote:</p><blockquote><p>How <b>much</b>?</p></blockquote>" in html
    assert "script" not in html
    assert "img" not in html


def test_a_reply_quotes_plain_text_line_by_line(letter: Letter) -> None:
    quoted = Quoted(text="How much?\n\n> earlier")
    text = text_of_answer(letter, people(), quoted, kind=REPLY, signature="<p>Bob</p>")
    assert text.startswith("\n\n-- \nBob\n\nOn March 2, 2026, ")
    assert text.endswith("Ann <ann@harbour.example> wrote:\n> How much?\n>\n>> earlier\n")


def test_a_plain_answer_to_html_quotes_its_words(letter: Letter) -> None:
    assert "\n> Dear Bob\n" in text_of_answer(letter, people(), Quoted(html="<p>Dear Bob</p>"), kind=REPLY, signature="")


def test_forwarding_names_those_it_went_to_and_keeps_pictures(letter: Letter) -> None:
    to = people(to="bob@mooring.example, eve@e.example")
    html = html_of_answer(letter, to, Quoted(html='<p>x<img src="cid:rope"></p>'), kind=FORWARD, signature="")
    assert "---------- Forwarded message ----------" in html
    assert "Subject: Ropes &lt;b&gt;" in html
    assert "To: bob@mooring.example, eve@e.example</p>" in html
    assert html.endswith('<p>x<img src="cid:rope"></p>')
    assert "Cc:" not in html
    text = text_of_answer(letter, to, Quoted(text="How much?"), kind=FORWARD, signature="")
    assert text.endswith("To: bob@mooring.example, eve@e.example\nHow much?\n")


def test_an_endless_letter_is_quoted_up_to_a_limit(letter: Letter) -> None:
    text = text_of_answer(letter, people(), Quoted(text="x" * (MOST_QUOTED + 9)), kind=REPLY, signature="")
    assert MOST_QUOTED < len(text) < MOST_QUOTED + 200


def test_a_plain_signature_is_exchanged_where_it_stands_as_it_was() -> None:
    assert text_with_signature("Hi\n-- \nBob\n\n> q", "<p>Eve</p>", instead_of="<p>Bob</p>") == "Hi\n-- \nEve\n\n> q"
    assert text_with_signature("Hi\n-- \nBob", "", instead_of="<p>Bob</p>") == "Hi\n"
    assert text_with_signature("Hi", "<p>Eve</p>", instead_of="<p>Bob</p>") == "Hi\n-- \nEve"
    assert text_with_signature("Hi", "") == "Hi"
