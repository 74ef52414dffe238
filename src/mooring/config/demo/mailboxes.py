"""Writes the demo's letters as programs keep them: a Maildir with subfolders, a folder of .eml files, an mbox file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import format_datetime
from pathlib import Path

from mooring.config.demo.letters import Post


def write_maildir(folder: Path, posts: Iterable[Post]) -> int:
    """A Maildir whose subfolders are named as Maildir++ does; unread letters lie in new/. Returns how many were written."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    letters = sorted(posts, key=lambda post: post.at)
    for count, post in enumerate(letters, 1):
        inside = folder if post.folder == "INBOX" else folder / f".{post.folder}"
        for part in ("cur", "new", "tmp"):
            (inside / part).mkdir(parents=True, exist_ok=True)
        name = f"{int(post.at.timestamp())}.M{count:06}.halyard"
        place = inside / "cur" / f"{name}:2,S" if post.is_seen else inside / "new" / name
        place.write_bytes(post.raw)
    return len(letters)


def write_eml_files(folder: Path, posts: Iterable[Post]) -> int:
    """A plain folder with a file per letter. Returns how many were written."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = sorted(posts, key=lambda post: post.at)
    for count, post in enumerate(letters, 1):
        (folder / f"{post.at:%Y-%m-%d}-{count:04}.eml").write_bytes(post.raw)
    return len(letters)


def write_mbox(path: Path, posts: Iterable[Post]) -> int:
    """One file for all letters; lines that look like the start of another letter are escaped (mboxrd)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    letters = sorted(posts, key=lambda post: post.at)
    with path.open("wb") as file:
        for post in letters:
            escaped = re.sub(rb"(?m)^(>*From )", rb">\1", post.raw.replace(b"\r\n", b"\n"))
            start = f"From halyard {format_datetime(post.at, usegmt=True)[5:-4]}\n"
            file.write(start.encode("ascii") + escaped.rstrip(b"\n") + b"\n\n")
    return len(letters)
