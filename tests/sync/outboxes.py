"""Accounts that send through a scripted server, letters queued from them, and the worker's part done step by step."""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path
from typing import Any

import making
from letters.making_outgoing import make_outgoing
from mooring.letters import outbox
from mooring.letters.attached_files import AttachedFiles
from mooring.letters.models import MailAccount, OutgoingLetter, OutgoingRecipient
from mooring.letters.outgoing_bytes import Materials
from mooring.sync.engine import Engine
from mooring.sync.outbox_leases import letters_of_everybody
from mooring.sync.sending import send_from
from mooring.users.models import User
from servers.scripted_smtp import ScriptedSmtp
from sync.mailboxes import Clock, files_account

_numbers = count(1)


def through(fake: ScriptedSmtp) -> dict[str, Any]:
    """What an account says that sends through the fake."""
    return {
        "outgoing_protocol": "smtp",
        "outgoing_host": "127.0.0.1",
        "outgoing_port": fake.port,
        "outgoing_encryption": "none",
        "outgoing_plain_login_allowed": True,
        "outgoing_login_of": "none",
    }


def sending_account(owner: User, maildir: Path, fake: ScriptedSmtp, **data: Any) -> MailAccount:
    """Letters come from files, and leave through the fake."""
    return files_account(owner, maildir, **{**through(fake), **data})


def materials_of(engine: Engine) -> Materials:
    return Materials(engine.originals, AttachedFiles("/nonexistent"), lambda: f"token{next(_numbers)}")


def queue(
    account: MailAccount, engine: Engine, clock: Clock, *, to: tuple[str, ...] = ("carol@harbour.example",), **fields: Any
) -> OutgoingLetter:
    """A letter of which undo is over."""
    draft = make_outgoing(account, to=to, **fields)
    letter = outbox.queue(draft=draft, materials=materials_of(engine), by=making.BY_COMMAND, now=clock())
    clock.wind(seconds=11)
    return letter


def send(account: MailAccount, engine: Engine, clock: Clock) -> int:
    return send_from(account.pk, engine=engine, clock=clock, stop=threading.Event())


def now_of(letter: OutgoingLetter) -> OutgoingLetter:
    """The letter as it stands."""
    return letters_of_everybody().select_related("account", "letter").get(pk=letter.pk)


def answers(letter: OutgoingLetter) -> dict[str, tuple[str, int]]:
    """What became of each recipient."""
    rows = OutgoingRecipient.objects.filter(outgoing=letter)
    return {row.address: (row.state, row.reply_code) for row in rows}
