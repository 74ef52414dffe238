"""Puts the built style sheet, script, icons and translations into the wheel, so that an installed Mooring builds nothing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    """Builds what src/mooring/ui/build_*.py make before files are collected; an editable install builds when it runs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - given by hatchling
        """Build for a real wheel only; the name of the method is hatchling's."""
        if version == "editable":
            return
        project = Path(self.root)
        _module(project, "build_assets").build(project=project)
        _module(project, "build_translations").build(locale=project / "src/mooring/locale")


def _module(project: Path, name: str) -> ModuleType:
    """The module, without importing Mooring, which is not installed here."""
    path = project / "src/mooring/ui" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"mooring_{name}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
