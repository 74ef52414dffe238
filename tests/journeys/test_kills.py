"""A worker killed at random moments, a network that breaks, a database that crashes: no letter is lost and none is doubled.

MOORING_KILLS says how often the worker is killed (6), MOORING_KILL_LETTERS among how many letters (200). The seed of the
random moments is printed; MOORING_KILL_SEED repeats it. Where MOORING_TEST_DATABASE names a PostgreSQL, a second run has a
cluster of its own that is restarted in the middle. Needs no browser in spite of its folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import secrets
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from journeys.installation import LEASE_SECONDS, Installation
from servers.dovecot import Dovecot
from servers.postgresql import running_cluster
from servers.proxy import Proxy
from sync.mailboxes import fill, make_letter

KILLS = int(os.environ.get("MOORING_KILLS", "6"))
LETTERS = int(os.environ.get("MOORING_KILL_LETTERS", "200"))
SEED = int(os.environ.get("MOORING_KILL_SEED", "0")) or secrets.randbelow(1 << 31)
MOST_SECONDS = max(3_600, 60 * KILLS)
ONE_DAY = 86_400
"""After so long letters parked for being caught in three deaths have their second chance."""
MOST_ROUNDS = 30 + LETTERS // 50
LEAST_LIFE = 300_000
"""Bytes of mail that a worker may live to see at least, so that lives, however many, get somewhere."""
LISTED_BYTES = 160
"""More than the server says of one letter while a folder is listed."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""A database that is restarted in the middle must keep its word; the quick settings of other tests do not give any."""


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(MOST_SECONDS)
def test_no_letter_is_lost_or_doubled_by_kills_and_cuts(tmp_path: Path, dovecot: Dovecot) -> None:
    _live_through_kills(Installation(tmp_path / "data"), dovecot)


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(MOST_SECONDS)
@pytest.mark.database
@pytest.mark.skipif(connection.vendor == "sqlite", reason="MOORING_TEST_DATABASE names no PostgreSQL that could be restarted")
def test_no_letter_is_lost_or_doubled_by_restarts_of_the_database(tmp_path: Path, dovecot: Dovecot) -> None:
    with running_cluster(DURABLE) as cluster:
        _live_through_kills(Installation(tmp_path / "data", database_url=cluster.url), dovecot, crash_database=cluster.crash)


def _live_through_kills(
    installation: Installation, dovecot: Dovecot, *, crash_database: Callable[[], None] | None = None
) -> None:
    print(f"MOORING_KILL_SEED={SEED}")  # noqa: T201 - whoever repeats a failure needs it
    chance = random.Random(SEED)
    letters = [make_letter("owner@harbour.example", body="x" * chance.randrange(100, 12_000)) for _ in range(LETTERS)]
    user = dovecot.new_user()
    fill(dovecot, user, letters)
    size = max(LEAST_LIFE, 2 * sum(map(len, letters)) // KILLS)
    with Proxy(dovecot.imap_port, bytes_per_second=1_000_000) as proxy:
        installation.call("prepare", user, str(proxy.port))
        _let_list(installation, proxy)
        for number in range(KILLS):
            happening = proxy.cut if number % 3 == 1 else crash_database if number % 3 == 2 else None
            _live_and_die(installation, proxy, chance, size=size, happening=happening)
        done = installation.look()["states"].get("filed", 0)
        print(f"{KILLS} lives archived {done} of {LETTERS} letters")  # noqa: T201 - says how much the kills were worth
    state = _recovered(installation, dovecot, user, letters)
    assert Counter(state["stored"]) == Counter(hashlib.sha256(raw).hexdigest() for raw in letters)
    assert state["places"] == state["deliveries"] == state["links"] == state["letters_by_original"] == LETTERS
    assert (state["states"], state["unbound"], state["integrity"]) == ({"filed": LETTERS}, 0, "ok")
    assert not [flags for flags in dovecot.flags(user) if "\\Seen" in flags or "\\Deleted" in flags]


def _let_list(installation: Installation, proxy: Proxy) -> None:
    """One more life, in which the listing alone is sure to be done: lives too short for it would kill nothing but listings."""
    worker = installation.start()
    proxy.wait_for(LISTED_BYTES * LETTERS, timeout=120)
    assert worker.poll() is None, "the worker ended by itself; its log tells why"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    installation.put_clock_forward()


def _live_and_die(
    installation: Installation, proxy: Proxy, chance: random.Random, *, size: int, happening: Callable[[], None] | None
) -> None:
    """One worker's life: killed after so many bytes of its mail and a moment; something may happen in the middle of it."""
    worker = installation.start()
    proxy.wait_for(1, timeout=60)
    size = chance.randrange(size)
    if happening is not None:
        proxy.wait_for(size // 2, timeout=10)
        happening()
        installation.put_clock_forward()
    proxy.wait_for(size // 2, timeout=10)
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(chance.uniform(0, 0.4))
    assert worker.poll() is None, "the worker ended by itself; its log tells why"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    installation.put_clock_forward()


def _recovered(installation: Installation, dovecot: Dovecot, user: str, letters: list[bytes]) -> dict[str, Any]:
    """What the archive holds after two workers at once were left in peace until nothing waits any more."""
    installation.call("move", str(dovecot.imap_port))
    workers = [installation.start(), installation.start()]
    before: dict[str, int] = {}
    try:
        for _round in range(MOST_ROUNDS):
            with contextlib.suppress(subprocess.TimeoutExpired):
                workers[0].wait(2)
            state = installation.look()["states"]
            if state == {"filed": len(letters)}:
                break
            if state == before:
                installation.put_clock_forward(LEASE_SECONDS if "listed" in state else ONE_DAY)
            before = state
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(60) for worker in workers] == [0, 0]
    return installation.look()
