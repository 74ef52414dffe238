"""A disk whose fsync costs something, on a machine where it is nearly free: the same wait for every contestant.

Disks of customers need 5 to 20 ms to make something durable, a virtual machine's may need none. `slow_fsync.c`, compiled here,
makes fsync and fdatasync of a program wait before they do what they always do.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("slow_fsync.c")


def slow_fsync(milliseconds: float, folder: Path) -> dict[str, str]:
    """The environment under which a program's fsync waits so long; empty for 0. Raises SystemExit without a C compiler."""
    if not milliseconds:
        return {}
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("--fsync-ms needs a C compiler (gcc).")
    library = folder / "slow_fsync.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, _SOURCE, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SLOW_FSYNC_US": str(round(milliseconds * 1000))}
