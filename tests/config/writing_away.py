"""A process of its own that archives letters and writes customers without a pause, as an installation does while it is backed up.

Prints a line once it is at work, and goes on until it is ended. The argument is how many to write; 0 means until it is ended.
"""

from __future__ import annotations

import itertools
import os
import sys
from datetime import UTC, datetime

import django
from django.conf import settings
from django.db import transaction


def main(most: int) -> None:
    """Write."""
    from mooring.customers.editing import CustomerData, create_customer
    from mooring.letters.attached_files import AttachedFiles
    from mooring.letters.originals import Originals, register
    from mooring.letters.record_files import add_file
    from mooring.users.journal import Actor

    by = Actor(user=None, source="command")
    originals, files = Originals(settings.ORIGINALS_FOLDER), AttachedFiles(settings.FILES_FOLDER)
    for number in itertools.count(1):
        raw = f"Subject: {os.getpid()} {number}\r\n\r\n".encode() + os.urandom(3000)
        kept = originals.keep([raw])
        now = datetime.now(UTC)
        with transaction.atomic():
            register(kept[0])
            customer = create_customer(data=CustomerData(name=f"Firm {number}"), by=by, now=now)
        if number % 5 == 1:
            data = os.urandom(2000)
            add_file(customer=customer, files=files, name="a.bin", content_type="", chunks=[data], by=by, now=now)
        if number == 3 or number == most:
            print("writing", flush=True)  # noqa: T201
        if number == most:
            return


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "mooring.config.settings"
    django.setup()
    main(int(sys.argv[1]))
