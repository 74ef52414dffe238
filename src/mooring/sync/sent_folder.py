"""The Sent folder of an account: where it is, and a connection on which it can be read and written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mooring.letters.models import Folder as FolderRow
from mooring.letters.models import MailAccount
from mooring.mail.contract import Incoming
from mooring.mail.types import Folder
from mooring.sync.engine import Engine
from mooring.sync.leases import Clock
from mooring.sync.round import wire_folder
from mooring.sync.servers import incoming_server


def sent_folder_of(account: MailAccount) -> FolderRow | None:
    """The account's Sent folder, as far as it is known."""
    folders = account.folders.filter(special_use="sent", missing_since=None, is_selectable=True)
    return folders.order_by("id").first()


@contextmanager
def opened_sent_folder(account: MailAccount, engine: Engine, clock: Clock) -> Iterator[tuple[Incoming, Folder | None]]:
    """The account's mailbox and its Sent folder, asked from the server where it is not known yet. Raises MailErrors."""
    server = incoming_server(account, policy=engine.policy, clock=clock)
    with engine.connect(server, policy=engine.policy) as mailbox:
        known = sent_folder_of(account)
        if known is not None:
            yield mailbox, wire_folder(known)
        else:
            listed = [each for each in mailbox.folders() if each.special_use == "sent" and each.is_selectable]
            yield mailbox, listed[0] if listed else None
