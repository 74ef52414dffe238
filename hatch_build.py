"""Puts the built style sheet, script and icons into the wheel, so that an installed Mooring needs no node."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    """Runs src/mooring/ui/build_assets.py before files are collected; an editable install builds when it runs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - given by hatchling
        """Build for a real wheel only; the name of the method is hatchling's."""
        if version == "editable":
            return
        module = Path(self.root) / "src/mooring/ui/build_assets.py"
        spec = importlib.util.spec_from_file_location("mooring_build_assets", module)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(module)
        build_assets = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = build_assets
        spec.loader.exec_module(build_assets)
        build_assets.build(project=Path(self.root))
