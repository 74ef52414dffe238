"""Where the collected letters, address cards and lists lie that nobody on this project wrote.

They are not part of the repository (their licences ask to keep them out of packages); MOORING_TESTDATA names their folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("MOORING_TESTDATA", Path(__file__).parents[2] / "shared" / "testdata"))

needs_testdata = pytest.mark.skipif(
    not (FOLDER / "MANIFEST.csv").exists(), reason="MOORING_TESTDATA does not name the folder of collected letters"
)
