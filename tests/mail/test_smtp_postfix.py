"""Sending through a real Postfix: what it takes arrives byte for byte, what it refuses it refuses recipient by recipient."""

from __future__ import annotations

from itertools import count

import pytest

from mooring.mail import connect
from mooring.mail.errors import AllRecipientsRefused, LetterRefused
from mooring.mail.headers import read_header
from mooring.mail.types import Encryption, Envelope
from servers.postfix import Postfix

pytestmark = pytest.mark.server
_numbers = count(1)


def raw_letter(*, body: str = "Ahoy", to: str = "<carol@harbour.example>") -> tuple[str, bytes]:
    name = f"{next(_numbers)}.postfix@mooring.example"
    return name, f"From: <bob@mooring.example>\r\nTo: {to}\r\nMessage-ID: <{name}>\r\n\r\n{body}\r\n".encode()


def accepted() -> None:
    """Nothing to be written down here."""


@pytest.mark.parametrize("encryption", list(Encryption))
def test_a_letter_arrives_once(postfix: Postfix, encryption: Encryption) -> None:
    name, raw = raw_letter(body=".\r\n..\r\nFrom here\r\n" + "x" * 900)
    with connect.open_outgoing(postfix.server(encryption), policy=postfix.policy) as outgoing:
        sent = outgoing.send(Envelope("bob@mooring.example", ("carol@harbour.example",)), raw, before_data=accepted)
    assert sent.refused == ()
    postfix.wait_until_idle()
    assert postfix.delivered()[name] == 1
    (body,) = [letter for letter in postfix.letters() if read_header(letter).message_id == name]
    assert body.replace(b"\n", b"\r\n").endswith(raw.partition(b"\r\n\r\n")[2])


def test_unknown_recipients_are_refused_one_by_one(postfix: Postfix) -> None:
    name, raw = raw_letter()
    people = ("carol@harbour.example", "nobody@harbour.example", "dan@far.example")
    with connect.open_outgoing(postfix.server(), policy=postfix.policy) as outgoing:
        sent = outgoing.send(Envelope("bob@mooring.example", people), raw, before_data=accepted)
        with pytest.raises(AllRecipientsRefused) as raised:
            outgoing.send(Envelope("bob@mooring.example", people[1:]), raw, before_data=accepted)
    assert [(each.address, each.status, each.is_permanent) for each in sent.refused] == [
        ("nobody@harbour.example", "5.1.1", True),
        ("dan@far.example", "5.7.1", True),
    ]
    assert len(raised.value.refused) == 2
    postfix.wait_until_idle()
    assert postfix.delivered()[name] == 1


def test_a_letter_too_large_is_told_before_it_is_sent(postfix: Postfix) -> None:
    _name, raw = raw_letter(body="x\r\n" * 4_000_000)
    with connect.open_outgoing(postfix.server(), policy=postfix.policy) as outgoing, pytest.raises(LetterRefused) as raised:
        outgoing.send(Envelope("bob@mooring.example", ("carol@harbour.example",)), raw, before_data=accepted)
    assert raised.value.is_permanent


def test_an_address_beyond_ascii_goes_as_it_is(postfix: Postfix) -> None:
    name, raw = raw_letter(to="<żeglarz@harbour.example>")
    with connect.open_outgoing(postfix.server(), policy=postfix.policy) as outgoing:
        outgoing.send(Envelope("bob@mooring.example", ("żeglarz@harbour.example",)), raw, before_data=accepted)
    postfix.wait_until_idle()
    assert postfix.delivered()[name] == 1


def test_a_trial_goes_through_every_step(postfix: Postfix) -> None:
    steps = list(connect.test_outgoing(postfix.server(Encryption.STARTTLS), policy=postfix.policy, sender="bob@mooring.example"))
    assert [(step.code, step.error) for step in steps] == [
        ("resolve", ""),
        ("connect", ""),
        ("encrypt", ""),
        ("check_sender", ""),
    ]
