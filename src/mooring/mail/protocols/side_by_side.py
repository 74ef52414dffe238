"""Several requests at once where a server hands out letters one by one: results in order, and never many in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def side_by_side(function: Callable[[Thing], Result], things: Iterable[Thing], *, at_once: int) -> Iterator[Result]:
    """function(thing) of each, in their order, with `at_once` of them under way. The first error ends it.

    Whoever stops early waits for those under way only.
    """
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for thing in things:
                waiting.append(pool.submit(function, thing))
                if len(waiting) >= at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
