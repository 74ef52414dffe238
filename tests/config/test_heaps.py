"""All threads of a running program take memory from one heap of the C library."""

from __future__ import annotations

import subprocess
import sys

WITH_THREADS = """
import ctypes, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from mooring.config.cli import main

sys.argv = ["mooring", "--version"]
try:
    main()
except SystemExit:
    pass
together = Barrier(4)
with ThreadPoolExecutor(4) as threads:
    list(threads.map(lambda size: (together.wait(), bytearray(size)), (70_000,) * 4))
ctypes.CDLL(None).malloc_stats()
"""


def test_threads_share_one_heap() -> None:
    done = subprocess.run([sys.executable, "-c", WITH_THREADS], capture_output=True, text=True, check=True, timeout=60)
    assert [line for line in done.stderr.splitlines() if line.startswith("Arena")] == ["Arena 0:"]
