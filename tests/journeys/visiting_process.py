"""One visit of every account in a process of its own, by a fixed clock, that kills itself in the middle if told to.

python visiting_process.py prepare NOW PORT ACCOUNTS     make the database, a customer and the accounts; print their ids
python visiting_process.py visit NOW KILL_AT             visit them all; die at that step, 0 for never; print the steps
python visiting_process.py delete NOW ACCOUNT SUBJECT    somebody deletes a letter here
python visiting_process.py look                          print per account what is archived whole, as JSON

A step is a statement of the database or a piece sent to the mail server: between any two of them the process may be ended.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

PASSWORD = "harbour-wall"


def main(command: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooring.config.settings")
    django.setup()
    {"prepare": prepare, "visit": visit, "delete": delete, "look": look}[command](*arguments)


def prepare(now: str, port: str, accounts: str) -> None:
    call_command("migrate", verbosity=0)
    import making
    from mooring.letters.account_data import AccountData
    from mooring.letters.accounts import FolderChoice, add_account
    from mooring.mail.types import Folder, Secret
    from mooring.options.values import change
    from mooring.sync.options import LARGEST_LETTER_MB

    at = datetime.fromisoformat(now)
    making.make_customer("Harbour Ltd", domains=("harbour.example",))
    change(LARGEST_LETTER_MB, 1, by=making.BY_COMMAND, now=at)
    owner = making.make_user("Bob")
    folders = [FolderChoice(Folder(path="INBOX", wire_name="INBOX", special_use="inbox"), is_synced=True)]
    for user, options in json.loads(accounts).items():
        data = AccountData(
            your_name="Bob",
            address=f"{user}@mooring.example",
            protocol="pop3",
            host="localhost",
            port=int(port),
            encryption="none",
            plain_login_allowed=True,
            user_name=user,
            timeout_seconds=20,
            first_scan_days=None,
            **options,
        )
        add_account(owner=owner, data=data, password=Secret(PASSWORD), folders=folders, by=making.BY_COMMAND, now=at)


def visit(now: str, kill_at: str) -> None:
    from mooring.letters.models import MailAccount
    from mooring.sync.engine import Engine
    from mooring.sync.visit import visit_account

    step = _step(int(kill_at))
    at = datetime.fromisoformat(now)
    engine = Engine.of_installation(reader_count=1)
    accounts = MailAccount.objects.unscoped("a test visits them all").order_by("pk")
    ids = list(accounts.values_list("pk", flat=True))
    _count_steps(step)
    for account_id in ids:
        outcome = visit_account(account_id, engine=engine, clock=lambda: at, stop=threading.Event())
        print(account_id, outcome.value, flush=True)  # noqa: T201 - the test reads it
    print(step(), flush=True)  # noqa: T201 - the test reads it
    engine.close()


def _step(kill_at: int) -> Callable[[], int]:
    """Each call is a step; at the one named the process ends at once, as if the power failed."""
    count = 0
    lock = threading.Lock()

    def step() -> int:
        nonlocal count
        with lock:
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return count

    return step


def _count_steps(step: Callable[[], int]) -> None:
    from django.db import connection

    def counting(execute: Callable[..., Any], *arguments: Any) -> Any:
        step()
        done = execute(*arguments)
        step()
        return done

    connection.execute_wrappers.append(counting)
    send = socket.socket.sendall

    def sendall(self: socket.socket, data: Any, flags: int = 0) -> None:
        step()
        send(self, data, flags)
        step()

    socket.socket.sendall = sendall  # type: ignore[method-assign]  # a kill before or after every piece that is sent


def delete(now: str, user: str, subject: str) -> None:
    from mooring.letters.bin import put_into_bin
    from mooring.letters.models import Delivery
    from mooring.users.journal import Actor
    from mooring.users.models import User

    places = Delivery.objects.filter(account__user_name=user, letter__subject=subject)
    ids = list(places.values_list("letter_id", flat=True))
    put_into_bin(letter_ids=ids, by=Actor(User.objects.get(name="Bob"), "desk"), now=datetime.fromisoformat(now))


def look() -> None:
    from django.conf import settings

    from mooring.letters.models import Delivery
    from mooring.letters.originals import Originals

    originals = Originals(settings.ORIGINALS_FOLDER)
    found: dict[str, list[str]] = {}
    for place in Delivery.objects.filter(letter__is_partial=False).select_related("letter__original", "account"):
        assert originals.read(place.letter.original)
        found.setdefault(place.account.user_name, []).append(place.letter.subject)
    gone = Delivery.objects.exclude(gone_since=None).count()
    print(json.dumps({"archived": found, "gone": gone}))  # noqa: T201 - the test reads it


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(*sys.argv[1:])
