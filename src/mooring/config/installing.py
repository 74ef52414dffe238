"""What makes a data folder an installation: folders and keys. Never overwrites a key; imports no Django."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from mooring.config.installation import Installation


def make_folders(*, installation: Installation) -> None:
    """The data folder, the keys and the originals, for their owner alone. Folders that exist keep their rights."""
    for folder in (installation.data, installation.keys, installation.originals):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_keys(*, installation: Installation, secret_key: str, sealing_key: bytes, key_id: str) -> list[Path]:
    """Write the keys that do not exist yet, readable by their owner alone; return those written.

    `secret_key` is at least 50 random characters, `sealing_key` 32 random bytes.
    """
    wanted = (
        (installation.secret_key_file, secret_key + "\n"),
        (installation.sealing_keys_file, _sealing_line(key_id, sealing_key)),
    )
    return [path for path, text in wanted if _write_new(path, text)]


def replace_secret_key(*, installation: Installation, secret_key: str) -> None:
    """Everybody is signed out, and links that were sent out stop working; passwords stay as they are."""
    _replace(installation.secret_key_file, secret_key + "\n")


def add_sealing_key(*, installation: Installation, sealing_key: bytes, key_id: str) -> None:
    """From now on this key seals; those before still open what they sealed."""
    path = installation.sealing_keys_file
    _replace(path, _sealing_line(key_id, sealing_key) + path.read_text(encoding="ascii"))


def forget_old_sealing_keys(*, installation: Installation) -> int:
    """Keep only the key that seals; return how many were forgotten. What they sealed can never be opened again."""
    path = installation.sealing_keys_file
    first, *rest = [line for line in path.read_text(encoding="ascii").splitlines() if line.strip() and not line.startswith("#")]
    _replace(path, first + "\n")
    return len(rest)


def _sealing_line(key_id: str, key: bytes) -> str:
    return f"{key_id}:{base64.b64encode(key).decode('ascii')}\n"


def _replace(path: Path, text: str) -> None:
    """Readers see the old text or the new one, never half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    _write_new(fresh, text)
    fresh.replace(path)
    _settle(path.parent)


def _write_new(path: Path, text: str) -> bool:
    """Write and force to disk; False when the file exists. No moment at which others could read it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _settle(path.parent)
    return True


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
