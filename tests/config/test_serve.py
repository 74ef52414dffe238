"""mooring serve: pages and engine in one process, ended by a signal."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.installed import Place
from servers.programs import free_ports


@contextmanager
def serving(place: Place, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "mooring", "serve", "--listen", f"127.0.0.1:{port}", *arguments]
    surroundings = place.surroundings(MOORING_BASE_URL=f"http://127.0.0.1:{port}")
    process = subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for_words(process, f"http://127.0.0.1:{port}")
        yield process, port
    finally:
        process.kill()
        process.wait()


def wait_for_words(process: subprocess.Popen[bytes], words: str) -> None:
    """Read what the process says until these words come; fails with all it said when it ends before."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line.decode())
        if words in said[-1]:
            return
    raise AssertionError("".join(said))


def status_of(port: int, path: str) -> int:
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
        finally:
            connection.close()


def test_pages_are_answered(installed: Place) -> None:
    with serving(installed, "--no-worker") as (_, port):
        assert status_of(port, "/accounts/login/") == 200


def test_a_signal_ends_it_in_order(installed: Place) -> None:
    with serving(installed) as (process, port):
        assert status_of(port, "/accounts/login/") == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_the_engine_alone_ends_in_order(installed: Place) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mooring", "worker"],
        env=installed.surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_for_words(process, "engine runs")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()


def test_a_port_in_use_is_told_in_words(installed: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = installed.run("serve", "--listen", f"127.0.0.1:{port}", "--no-worker")
    assert ended.status == 2
    assert f"Nothing can listen on 127.0.0.1:{port}" in ended.complained


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1:none"])
def test_an_address_that_is_none_is_told_in_words(installed: Place, listen: str) -> None:
    ended = installed.run("serve", "--listen", listen, "--no-worker")
    assert ended.status == 2
    assert "Traceback" not in ended.complained


def test_debugging_is_refused_where_other_machines_can_reach_it(installed: Place) -> None:
    ended = installed.run("serve", "--listen", f"0.0.0.0:{free_ports(1)[0]}", "--no-worker", MOORING_DEBUG="1")
    assert ended.status == 2
    assert "MOORING_DEBUG" in ended.complained


def test_debugging_for_strangers_is_refused(installed: Place) -> None:
    ended = installed.run("serve", MOORING_DEBUG="1", MOORING_BASE_URL="https://crm.example.com", MOORING_HOSTS="crm.example.com")
    assert ended.status == 2
    assert "MOORING_DEBUG" in ended.complained
