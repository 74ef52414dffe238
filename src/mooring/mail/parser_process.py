"""Reading strangers' letters in child processes with limits on memory and time.

A letter that kills or stalls its child comes back with what its header says and a defect; all others are not affected.
Children are kept for many letters, are started when first needed, and end when their parent does.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import queue
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from types import TracebackType
from typing import Any, Self, TypeAlias

from mooring.mail.headers import read_header
from mooring.mail.parser_child import Child, ChildDied, ChildTooSlow, Limits, ParserUnavailable
from mooring.mail.parser_frames import FAILED, LENGTH, READY, frame, pack_letter, unpack_letter
from mooring.mail.parsing import read_letter
from mooring.mail.types import Header, ParsedLetter

__all__ = ("Limits", "Parser", "ParserClosed", "ParserUnavailable")

KILLED, TOO_SLOW, FAILED_INSIDE = "parser-killed", "parser-too-slow", "parser-failed"

_SAFE_HEADER_BYTES = 16_384
"""So much of the header of a deadly letter is read by the parent itself: linear work on little."""

_RENEW_AFTER = 0.2
"""Seconds of CPU after which the limit on it is moved on."""

OUT_OF_MEMORY = 70
"""How a child ends that may not have more memory."""


class ParserClosed(Exception):
    """The parser has been closed; no further letters are read."""


class Parser:
    """Reads letters in up to `child_count` child processes; each call uses one. Safe to share between threads.

    `shaper` names a function, as "module:function", that the children apply to each letter: it makes plain values of it, which
    travel in place of its text, html and attachments (ParsedLetter.shape). Letters that no child survived have no shape.
    """

    def __init__(self, *, child_count: int = 1, limits: Limits | None = None, shaper: str = "") -> None:
        self._limits = limits or Limits()
        self._shaper = shaper
        self._is_closed = False
        self._places: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._child_count = child_count
        for _ in range(child_count):
            self._places.put(None)

    def read_letters(self, raws: Sequence[bytes]) -> list[ParsedLetter]:
        """The letters taken apart, in the same order. Waits while all children are busy.

        Raises ParserUnavailable when no child can be started and ParserClosed after close().
        """
        if not raws:
            return []
        child = self._places.get()
        try:
            if self._is_closed:
                raise ParserClosed("The parser has been closed.")
            letters: list[ParsedLetter] = []
            while len(letters) < len(raws):
                child = child or Child(self._limits, shaper=self._shaper)
                defect = _read_until_trouble(child, raws, letters)
                if defect:
                    child.kill()
                    child = None
                    letters.append(_unread_letter(raws[len(letters)], defect))
            return letters
        except BaseException:
            if child is not None:
                child.kill()
            child = None
            raise
        finally:
            self._places.put(child)

    def close(self) -> None:
        """End all children, those at work after their call. Never raises; may be called twice."""
        self._is_closed = True
        for _ in range(self._child_count):
            child = self._places.get()
            if child is not None:
                child.kill()
        for _ in range(self._child_count):
            self._places.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _read_until_trouble(child: Child, raws: Sequence[bytes], letters: list[ParsedLetter]) -> str:
    """Append the letters after those already read; the defect of the one that stopped the child, or ""."""
    try:
        for answer in child.answers(raws[len(letters) :]):
            if answer == FAILED:
                letters.append(_unread_letter(raws[len(letters)], FAILED_INSIDE))
            else:
                letters.append(unpack_letter(answer))
    except ChildDied:
        return KILLED
    except ChildTooSlow:
        return TOO_SLOW
    return ""


def _unread_letter(raw: bytes, defect: str) -> ParsedLetter:
    """What can be said of a letter that no child survived; its fingerprint is that of its bytes."""
    header = Header(defects=(defect,))
    try:
        found = read_header(raw[:_SAFE_HEADER_BYTES])
        header = replace(found, defects=(*found.defects, defect))
    except Exception:  # noqa: S110
        pass
    return ParsedLetter(header=header, fingerprint=hashlib.sha256(raw).hexdigest(), defects=header.defects)


Shaper: TypeAlias = Callable[[ParsedLetter], tuple[Any, ...]]


def run_child(memory: int, cpu_seconds: float, shaper_name: str = "") -> None:
    """The life of a child: answer letters from standard input on standard output until the input ends."""
    shaper = _shaper_named(shaper_name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(frame(READY))
    sink.flush()
    limited_at = -1.0
    while len(length := source.read(LENGTH.size)) == LENGTH.size:
        raw = source.read(LENGTH.unpack(length)[0])
        limited_at = _renewed_cpu_limit(cpu_seconds, limited_at)
        sink.write(frame(_answer_to(raw, shaper)))
        sink.flush()


def _shaper_named(name: str) -> Shaper | None:
    if not name:
        return None
    module, _, function = name.partition(":")
    shaper: Shaper = getattr(importlib.import_module(module), function)
    return shaper


def _answer_to(raw: bytes, shaper: Shaper | None = None) -> bytes:
    try:
        letter = read_letter(raw)
        return pack_letter(letter, shape=None if shaper is None else shaper(letter))
    except MemoryError:
        raise
    except Exception:
        traceback.print_exc(limit=-5)
        return FAILED


def _renewed_cpu_limit(seconds: float, limited_at: float) -> float:
    """The limit counts from the birth of the process, so it is moved on before a letter, unless that was done just now.

    Takes and gives the CPU time at which it was set last. The limit counts in whole seconds anyway.
    """
    used = time.process_time()
    if limited_at >= 0 and used - limited_at < _RENEW_AFTER:
        return limited_at
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(used + _RENEW_AFTER + seconds), hard))
    return used


def main() -> None:
    """Start as a child; out of memory ends it at once and quietly, for nothing can be trusted any more."""
    try:
        run_child(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


if __name__ == "__main__":  # pragma: no cover - the tests start it as a process of its own
    main()
