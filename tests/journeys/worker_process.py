"""A worker in a process of its own, for journeys that kill it. Its clock runs ahead by the seconds that a file names.

python worker_process.py prepare ADDRESS PORT   make the database, whom letters belong to, and the account
python worker_process.py work CLOCK_FILE        run the engine until killed or told to end
python worker_process.py look                   print what the archive holds, as JSON
python worker_process.py retry PORT             want parked letters tried again, by another way to the server
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

PASSWORD = "harbour-wall"


def main(command: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooring.config.settings")
    django.setup()
    {"prepare": prepare, "work": work, "look": look, "move": move}[command](*arguments)


def prepare(address: str, port: str) -> None:
    call_command("migrate", verbosity=0)
    import making
    from mooring.letters.accounts import AccountData, FolderChoice, add_account
    from mooring.mail.types import Folder, Secret

    making.make_customer("Harbour Ltd", domains=("harbour.example",))
    data = AccountData(
        your_name="Bob",
        address="bob@mooring.example",
        host="localhost",
        port=int(port),
        encryption="none",
        plain_login_allowed=True,
        user_name=address,
        timeout_seconds=20,
        first_scan_days=None,
    )
    folders = [FolderChoice(Folder(path="INBOX", wire_name="INBOX", special_use="inbox"), is_synced=True)]
    owner = making.make_user("Bob")
    add_account(owner=owner, data=data, password=Secret(PASSWORD), folders=folders, by=making.BY_COMMAND, now=datetime.now(UTC))


def work(clock_file: str) -> None:
    from mooring.sync.worker import run

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(Path(clock_file).read_text()))

    run(stop, clock=clock)


def look() -> None:
    from django.conf import settings
    from django.db import connection

    from mooring.letters.models import Delivery, Letter, Link, Original
    from mooring.letters.originals import Originals
    from mooring.sync.models import AccountState, Item

    originals = Originals(settings.ORIGINALS_FOLDER)
    letters = Letter.objects.unscoped("a test looks at everything").select_related("original")
    stored = [hashlib.sha256(originals.read(letter.original)).hexdigest() for letter in letters]
    places = Counter(Delivery.objects.values_list("folder_id", "epoch", "server_id"))
    state: dict[str, Any] = {
        "stored": stored,
        "letters_by_original": len({letter.original_id for letter in letters}),
        "originals": Original.objects.count(),
        "deliveries": sum(places.values()),
        "places": len(places),
        "links": Link.objects.count(),
        "states": Counter(Item.objects.values_list("state", flat=True)),
        "attempts": sorted(set(Item.objects.filter(state="listed").values_list("attempts", flat=True))),
        "unbound": Item.objects.filter(state="filed", delivery=None).count(),
        "error": AccountState.objects.get().error_code,
        "integrity": "ok",
    }
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            state["integrity"] = cursor.execute("PRAGMA integrity_check").fetchone()[0]
            assert not cursor.execute("PRAGMA foreign_key_check").fetchall()
    print(json.dumps(state))  # noqa: T201 - the test reads it


def move(port: str) -> None:
    from mooring.letters.models import MailAccount

    MailAccount.objects.unscoped("a test wants everything").update(port=int(port))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(*sys.argv[1:])
