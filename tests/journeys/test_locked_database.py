"""A database that somebody else locks for longer than anybody waits: said in words, got over, nothing lost or blamed."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import translation

from journeys.installation import Installation
from mooring.sync.troubles import trouble_of
from servers.dovecot import Dovecot
from servers.proxy import Proxy
from sync.mailboxes import fill, make_letter


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the file of SQLite is locked, whatever the other tests run on")
def test_letters_wait_while_the_database_is_locked(tmp_path: Path, dovecot: Dovecot) -> None:
    letters = [make_letter("owner@harbour.example", body="x" * 4_000) for _ in range(150)]
    user = dovecot.new_user()
    fill(dovecot, user, letters)
    data = tmp_path / "data"
    installation = Installation(data)
    with Proxy(dovecot.imap_port, bytes_per_second=100_000) as proxy:
        installation.call("prepare", user, str(proxy.port))
        with _ended_at_last(installation.start()) as worker:
            proxy.wait_for(30_000, timeout=60)
            with contextlib.closing(sqlite3.connect(data / "mooring.sqlite3", isolation_level=None, timeout=60)) as somebody_else:
                somebody_else.execute("BEGIN IMMEDIATE")
                _wait_for(worker, lambda: b"did not answer" in (data / "worker.log").read_bytes())
            _wait_for(worker, lambda: installation.look()["error"] == "no_database")
            with translation.override("en"):
                assert trouble_of("no_database").what.startswith("The database did not answer. Nothing is lost")
            assert installation.look()["attempts"] == [0]
            installation.put_clock_forward()
            _wait_for(worker, lambda: installation.look()["states"] == {"filed": len(letters)})
    assert worker.returncode == 0
    state = installation.look()
    assert Counter(state["stored"]) == Counter(hashlib.sha256(raw).hexdigest() for raw in letters)
    assert (state["places"], state["deliveries"], state["error"], state["integrity"]) == (150, 150, "", "ok")


@contextlib.contextmanager
def _ended_at_last(worker: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)


def _wait_for(worker: subprocess.Popen[bytes], is_so: Callable[[], bool]) -> None:
    for _second in range(120):
        if is_so():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(1)
            break
    pytest.fail("the worker did not get there in two minutes, or ended")
