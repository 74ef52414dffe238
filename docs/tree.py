"""Writes the tree of rooms and files into architecture.md: every file with the first sentence of what it says of itself.

`python docs/tree.py`; a test fails when the tree there is no longer the tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
SOURCE = Path(__file__).resolve().parents[1] / "src" / "mooring"
BEGIN = "<!-- tree: written by docs/tree.py -->\n```"
END = "```\n<!-- end of tree -->"
WIDTH = 130


def with_tree(page: str) -> str:
    """The page with the tree between its marks as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + "".join(f"{line}\n" for line in lines(SOURCE, 0)) + END + after


def lines(folder: Path, depth: int) -> Iterator[str]:
    """A line per file, those of folders below it; what has no docstring, such as an empty __init__, has no line."""
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.is_dir() and path.name not in ("migrations", "__pycache__") and any(path.rglob("*.py")):
            yield f"{'  ' * depth}{path.name}/"
            yield from lines(path, depth + 1)
        elif path.suffix == ".py" and (said := sentence(path)):
            yield f"{'  ' * depth + path.name:<32}{said}"[:WIDTH].rstrip()


def sentence(path: Path) -> str:
    """The first sentence of the module's docstring."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = re.split(r"(?<=[.;:])\s|\n\n", said, maxsplit=1)[0]
    return " ".join(first.split()).rstrip(".;:")


if __name__ == "__main__":
    PAGE.write_text(with_tree(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
