"""Sending through a real Exim: a server of the kind for which the old version of SPA is still there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mooring.mail.connect import open_outgoing
from mooring.mail.errors import LoginDisabled, LoginRefused
from mooring.mail.types import Envelope, Login, Secret
from servers.exim import Exim
from servers.scripted import LOOPBACK

pytestmark = pytest.mark.server
LETTER = b"From: anna@harbour.example\r\nTo: bob@quay.example\r\nMessage-ID: <1@harbour.example>\r\n\r\nTwo left.\r\n"


def test_who_insists_on_the_old_version_is_let_in_and_may_send(exim: Exim) -> None:
    envelope = Envelope(sender="anna@harbour.example", recipients=("bob@quay.example",))
    before = len(exim.queued())
    with open_outgoing(exim.server(), policy=LOOPBACK) as outgoing:
        sent = outgoing.send(envelope, LETTER, before_data=lambda: None)

    assert not sent.refused
    assert len(exim.queued()) == before + 1
    assert any("Two left." in body for body in exim.queued())
    assert "A=spa:anna" in exim.log()


def test_the_newer_version_alone_is_not_enough_there(exim: Exim) -> None:
    with pytest.raises(LoginRefused):
        open_outgoing(exim.server(login=Login.SPA), policy=LOOPBACK)


def test_a_wrong_password_is_refused_cleanly(exim: Exim) -> None:
    with pytest.raises(LoginRefused):
        open_outgoing(replace(exim.server(), password=Secret("wrong")), policy=LOOPBACK)


def test_a_password_is_not_shown_to_a_server_that_knows_spa_alone(exim: Exim) -> None:
    with pytest.raises(LoginDisabled):
        open_outgoing(exim.server(login=Login.PASSWORD), policy=LOOPBACK)
