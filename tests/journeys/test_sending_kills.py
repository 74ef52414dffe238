"""A worker killed at random moments while it sends through a real server: none doubled, none lost, the uncertain shown as such.

MOORING_SENDING_KILLS says how often it is killed (5), MOORING_SENDING_LETTERS among how many letters (60). The seed of the random
moments is printed; MOORING_KILL_SEED repeats it. Where MOORING_TEST_DATABASE names a PostgreSQL, it has a cluster of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from journeys.installation import Installation
from servers.postfix import Postfix
from servers.postgresql import running_cluster
from servers.proxy import Proxy

KILLS = int(os.environ.get("MOORING_SENDING_KILLS", "5"))
LETTERS = int(os.environ.get("MOORING_SENDING_LETTERS", "60"))
SEED = int(os.environ.get("MOORING_KILL_SEED", "0")) or secrets.randbelow(1 << 31)
PROGRAM = Path(__file__).parent / "sender_process.py"
ANSWERS_TO_A_LETTER = 100
"""Bytes that the server says about one letter, at least, so that kills do not outlast the letters."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@pytest.mark.server
@pytest.mark.database
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_kills_double_no_letter_and_lose_none(tmp_path: Path, postfix: Postfix) -> None:
    if connection.vendor == "sqlite":
        _live_through_kills(Installation(tmp_path / "data"), postfix, tmp_path)
    else:
        with running_cluster(DURABLE) as cluster:
            _live_through_kills(Installation(tmp_path / "data", database_url=cluster.url), postfix, tmp_path)


def _live_through_kills(installation: Installation, postfix: Postfix, folder: Path) -> None:
    print(f"MOORING_KILL_SEED={SEED}")  # noqa: T201 - whoever repeats a failure needs it
    for part in ("cur", "new", "tmp"):
        (folder / "Maildir" / part).mkdir(parents=True)
    with Proxy(postfix.port, bytes_per_second=2_000) as proxy:
        installation.call("prepare", str(folder / "Maildir"), str(proxy.port), program=PROGRAM)
        for first in range(0, LETTERS, 100):
            installation.call("write", str(first), str(min(100, LETTERS - first)), program=PROGRAM)
        chance = random.Random(SEED)
        for _life in range(KILLS):
            _live_and_die(installation, proxy, chance)
        _work_until(installation, {"sent", "unknown"})
    before = _look(installation)
    delivered = _delivered(postfix, before)
    doubtful = {name for name, state in before["by_id"].items() if state == "unknown"}
    accepted = doubtful & set(delivered)
    print(f"{KILLS} kills: {len(doubtful)} of {LETTERS} unknown, {len(accepted)} of them accepted")  # noqa: T201
    assert set(delivered.values()) == {1}, "a letter was doubled"
    assert set(before["by_id"]) - set(delivered) <= doubtful, "a letter was lost"
    assert before["phases"] == ({"data": len(doubtful)} if doubtful else {})
    _reset(installation, postfix, doubtful=doubtful, accepted=accepted)


def _reset(installation: Installation, postfix: Postfix, *, doubtful: set[str], accepted: set[str]) -> None:
    """“Reset email sending status” as its text promises: nothing without the tick, then once more under the same name."""
    assert json.loads(installation.call("reset", program=PROGRAM)) == [0, len(doubtful)]
    assert json.loads(installation.call("reset", "may-double", program=PROGRAM)) == [len(doubtful), 0]
    # The proxy of the first half is gone, so the account leads straight to the server now.
    installation.call("lead", str(postfix.port), program=PROGRAM)
    _work_until(installation, {"sent"})
    after = _look(installation)
    assert after["states"] == {"sent": LETTERS}
    twice = {name for name, count in _delivered(postfix, after).items() if count == 2}
    assert twice == accepted
    assert set(_delivered(postfix, after)) == set(after["by_id"])
    assert after["archived"] == after["deliveries"] == after["links"] == LETTERS


def _live_and_die(installation: Installation, proxy: Proxy, chance: random.Random) -> None:
    """One worker's life: killed after the server said so many bytes to it, and a moment."""
    worker = installation.start()
    assert proxy.wait_for(1, timeout=60), "the worker sends nothing any more; its log tells why"
    proxy.wait_for(chance.randrange(2 * ANSWERS_TO_A_LETTER * LETTERS // (KILLS + 1)), timeout=10)
    with contextlib.suppress(subprocess.TimeoutExpired):
        worker.wait(chance.uniform(0, 0.05))
    assert worker.poll() is None, "the worker ended by itself; its log tells why"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def _work_until(installation: Installation, states: set[str]) -> None:
    worker = installation.start()
    try:
        for _look_number in range(60 + LETTERS):
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(1)
            found = _look(installation)
            if set(found["states"]) <= states and not found["unarchived"]:
                return
        pytest.fail(f"the outbox never came to rest: {found['states']}, {found['unarchived']} not archived")
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0


def _delivered(postfix: Postfix, state: dict[str, Any]) -> Counter[str]:
    """What arrived of these letters, each as often as it did."""
    postfix.wait_until_idle()
    return Counter({name: count for name, count in postfix.delivered().items() if name in state["by_id"]})


def _look(installation: Installation) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(installation.call("look", program=PROGRAM))
    return found
