"""One child process of the parser, seen by its parent: start it, send letters, take answers, notice when it stalls.

Letters are sent ahead of the answers. A death or a stall is charged to the first letter without an answer.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from mooring.mail.parser_frames import LENGTH, READY, frame

_CHUNK = 1_048_576
"""Bytes that go through a pipe at once. It holds as many where the system allows, so that neither end waits for the other."""

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""Of the environment a child gets these only: no keys, no passwords."""

START_TIMEOUT = timedelta(seconds=60)


class ChildDied(Exception):
    """The child ended, or closed its pipes."""


class ChildTooSlow(Exception):
    """The child did not answer in time."""


class ParserUnavailable(Exception):
    """No child could be started, through no fault of a letter."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use: address space in bytes, and CPU and wall time for one letter."""

    memory: int = 768 * 1_048_576
    cpu: timedelta = timedelta(seconds=8)
    wall: timedelta = timedelta(seconds=10)


class Child:
    """A running child. Used by one thread at a time."""

    def __init__(self, limits: Limits, *, shaper: str = "") -> None:
        """Start it and wait until it is ready. Raises ParserUnavailable."""
        self._limits = limits
        command = [sys.executable, "-P", "-m", "mooring.mail.parser_process"]
        command += [str(limits.memory), str(limits.cpu.total_seconds()), *([shaper] if shaper else [])]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True, bufsize=0
        )
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
            with suppress(OSError):  # more than the user may have
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _CHUNK)
        self._received = bytearray()
        try:
            ready = next(self.answers([], answer_count=1, timeout=START_TIMEOUT))
        except (ChildDied, ChildTooSlow) as error:
            self.kill()
            raise ParserUnavailable("The process that reads letters does not start.") from error
        if ready != READY:
            self.kill()
            raise ParserUnavailable("The process that reads letters does not speak our language.")

    def answers(
        self, payloads: Sequence[bytes], *, answer_count: int | None = None, timeout: timedelta | None = None
    ) -> Iterator[bytes]:
        """The answer to each payload, in order. Raises ChildDied or ChildTooSlow; the child must then be killed."""
        left = len(payloads) if answer_count is None else answer_count
        unsent = [memoryview(frame(payload)) for payload in reversed(payloads)]
        patience = (timeout or self._limits.wall).total_seconds()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            if unsent:
                selector.register(self._stdin, selectors.EVENT_WRITE)
            deadline = time.monotonic() + patience
            while left:
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise ChildTooSlow
                for key, event in ready:
                    if event & selectors.EVENT_WRITE:
                        self._send(unsent)
                        if not unsent:
                            selector.unregister(key.fileobj)
                    else:
                        self._receive()
                while left and (answer := self._next_answer()) is not None:
                    yield answer
                    left -= 1
                    deadline = time.monotonic() + patience

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # asked for above
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None  # asked for above
        return self._process.stdout

    def _send(self, unsent: list[memoryview]) -> None:
        """Write a piece of the last one. A child that takes no more may have left answers, so reading goes on."""
        try:
            written = os.write(self._stdin.fileno(), unsent[-1][:_CHUNK])
        except BrokenPipeError:
            unsent.clear()
            return
        unsent[-1] = unsent[-1][written:]
        if not unsent[-1]:
            unsent.pop()

    def _receive(self) -> None:
        chunk = os.read(self._stdout.fileno(), _CHUNK)
        if not chunk:
            raise ChildDied
        self._received += chunk

    def _next_answer(self) -> bytes | None:
        if len(self._received) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        answer = bytes(self._received[LENGTH.size : end])
        del self._received[:end]
        return answer

    @property
    def process_id(self) -> int:
        """The process id, for watching over its memory."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once and free what it held; never raises."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()
