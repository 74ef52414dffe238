"""A throw-away installation with very many mail accounts on one real Dovecot, and servers that are out of order beside it.

Every mailbox is empty and has the four folders that Dovecot makes by itself: accounts in which nothing happens.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.measuring import cost_of
from servers.certificates import Authority
from servers.dovecot import PASSWORD, Dovecot

SILENT_SERVERS = 3
"""So many servers accept connections and never say a word; as many accounts stand on a port that nobody listens on."""
_LIMITS = """
service imap-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 2000
  process_limit = 10
}
service imap {
  process_limit = 4000
  client_limit = 1
}
service auth {
  client_limit = 8000
}
service anvil {
  client_limit = 8000
}
"""


@contextmanager
def installation(folder: Path) -> Iterator[Dovecot]:
    """A running Dovecot for as many accounts as one likes, and an empty installation that this process and its children use."""
    for name in ("server", "authority"):
        (folder / name).mkdir(parents=True)
    authority = Authority(folder / "authority")
    (folder / "authority.pem").write_text(authority.pem)
    os.environ |= {
        "MOORING_DATA": str(folder / "data"),
        "MOORING_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MOORING_ADMIN_PASSWORD": PASSWORD,
        "SSL_CERT_FILE": str(folder / "authority.pem"),
        "DJANGO_SETTINGS_MODULE": "mooring.config.settings",
    }
    command = [sys.executable, "-m", "mooring", "init", "--admin-email", "alice@bench.example", "--admin-name", "Alice"]
    cost_of(command, log=folder / "init.log")
    import django

    django.setup()
    server = Dovecot(folder / "server", authority=authority, settings=_LIMITS)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def silent_servers() -> Iterator[list[tuple[str, int]]]:
    """Addresses and ports at which a connection is accepted, and nothing is ever said."""
    listening = [socket.create_server((f"127.0.1.{number + 1}", 0), backlog=500) for number in range(SILENT_SERVERS)]
    try:
        yield [one.getsockname()[:2] for one in listening]
    finally:
        for one in listening:
            one.close()


def add_healthy(server: Dovecot, count: int) -> list[int]:
    """Accounts on the Dovecot that are not scanned yet; their ids."""
    return _add([("localhost", server.imaps_port)] * count, name="sailor")


def add_dead(silent: Sequence[tuple[str, int]], closed_port: int, count: int) -> list[int]:
    """Half of them in turn on the silent servers, half on a closed port, not scanned yet; their ids."""
    places = [silent[number % len(silent)] if number % 2 else ("127.0.2.1", closed_port) for number in range(count)]
    return _add(places, name="ghost")


def switch_on(account_ids: Sequence[int], *, interval: timedelta, now: datetime) -> None:
    """Scan them from now on, their first visits spread over one interval, as they are in an installation that runs for long."""
    from django.db import transaction

    from mooring.letters.models import MailAccount
    from mooring.sync.models import AccountState

    step = interval / max(1, len(account_ids))
    states = [AccountState(account_id=pk, next_visit_at=now + step * place) for place, pk in enumerate(account_ids)]
    with transaction.atomic():
        AccountState.objects.filter(account_id__in=account_ids).delete()
        AccountState.objects.bulk_create(states, batch_size=500)
        MailAccount.objects.unscoped("the benchmark's own").filter(pk__in=account_ids).update(is_scanned=True)


def _add(places: Sequence[tuple[str, int]], *, name: str) -> list[int]:
    from django.db import transaction

    from mooring.letters.credentials import INCOMING, seal_for
    from mooring.letters.models import MailAccount
    from mooring.mail.types import Secret
    from mooring.users.models import User

    now, owner = datetime.now(UTC), User.objects.get()
    with transaction.atomic():
        rows = [
            MailAccount(
                owner=owner,
                your_name="Alice",
                address=f"{name}{number}@bench.example",
                user_name=f"{name}{number}",
                host=host,
                port=port,
                is_scanned=False,
                created_at=now,
                changed_at=now,
            )
            for number, (host, port) in enumerate(places)
        ]
        accounts = MailAccount.objects.bulk_create(rows, batch_size=500)
        for account in accounts:
            account.password_sealed = seal_for(account, INCOMING, Secret(PASSWORD))
            account.save(update_fields=["password_sealed"])
    return [account.pk for account in accounts]
