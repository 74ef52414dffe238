"""What journeys about sending ask of an installation besides running its worker (worker_process.py).

python sender_process.py prepare MAILDIR PORT COUNT SEED   make the database, an account that sends, and letters in its outbox
python sender_process.py look                              print what became of the letters, as JSON
python sender_process.py lead PORT                         send through another port
python sender_process.py reset [may-double]                “Reset email sending status”; print what it did, as JSON
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from django.core.management import call_command

WHY = "a test looks at everything"


def main(command: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooring.config.settings")
    django.setup()
    {"prepare": prepare, "write": write, "look": look, "lead": lead, "reset": reset}[command](*arguments)


def prepare(maildir: str, port: str) -> None:
    call_command("migrate", verbosity=0)
    import making
    from mooring.letters.accounts import AccountData, add_account
    from mooring.mail.types import Secret

    making.make_customer("Harbour Ltd", domains=("harbour.example",))
    data = AccountData(
        your_name="Bob",
        address="bob@mooring.example",
        protocol="files",
        path=maildir,
        outgoing_protocol="smtp",
        outgoing_host="localhost",
        outgoing_port=int(port),
        outgoing_encryption="none",
        outgoing_plain_login_allowed=True,
        outgoing_login_of="none",
        timeout_seconds=20,
    )
    add_account(owner=making.make_user("Bob"), data=data, password=Secret(""), by=making.BY_COMMAND, now=datetime.now(UTC))


def write(first: str, count: str) -> None:
    from django.conf import settings

    import making
    from mooring.letters.attached_files import AttachedFiles
    from mooring.letters.models import MailAccount, OutgoingLetter, OutgoingRecipient
    from mooring.letters.originals import Originals
    from mooring.letters.outbox import queue
    from mooring.letters.outgoing_bytes import Materials

    account = MailAccount.objects.unscoped(WHY).get()
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    times = {"created_at": an_hour_ago, "changed_at": an_hour_ago}
    materials = Materials(Originals(settings.ORIGINALS_FOLDER), AttachedFiles(settings.ATTACHED_FOLDER))
    for number in range(int(first), int(first) + int(count)):
        text = "x" * random.Random(number).randrange(100, 60_000)
        draft = OutgoingLetter.objects.create(account=account, author=account.owner, body_text=text, is_rich=False, **times)
        OutgoingRecipient.objects.create(outgoing=draft, address=f"r{number}@harbour.example")
        queue(draft=draft, materials=materials, by=making.BY_COMMAND, now=an_hour_ago)
    materials.originals.close()


def look() -> None:
    from mooring.letters.models import Delivery, Letter, Link, OutgoingLetter

    letters = OutgoingLetter.objects.unscoped(WHY)
    state = {
        "states": Counter(letters.values_list("state", flat=True)),
        "by_id": dict(letters.values_list("message_id", "state")),
        "phases": Counter(letters.filter(state="unknown").values_list("phase", flat=True)),
        "unarchived": letters.filter(sent_at__isnull=False, archived_at=None).count(),
        "archived": Letter.objects.unscoped(WHY).count(),
        "deliveries": Delivery.objects.count(),
        "links": Link.objects.count(),
    }
    print(json.dumps(state))  # noqa: T201 - the test reads it


def lead(port: str) -> None:
    from mooring.letters.models import MailAccount

    MailAccount.objects.unscoped(WHY).update(outgoing_port=int(port), changed_at=datetime.now(UTC))


def reset(may_double: str = "") -> None:
    import making
    from mooring.letters.models import MailAccount
    from mooring.letters.outbox import reset_sending

    account = MailAccount.objects.unscoped(WHY).get()
    done = reset_sending(account=account, accepts_double=bool(may_double), by=making.BY_COMMAND, now=datetime.now(UTC))
    print(json.dumps([done.ready_count, done.doubtful_count]))  # noqa: T201


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(*sys.argv[1:])
