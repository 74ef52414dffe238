"""Whether a backup is whole and of a kind that can be brought back here. Looks only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import mooring
from mooring.config.backup.copying import Told, digest_of
from mooring.config.backup.manifest import Manifest
from mooring.config.installation import Installation


class UnableToRestore(Exception):
    """Nothing was brought back, and what is there is as it was; fit for an administrator."""


class UnableToTell(Exception):
    """Whether the database was exchanged is not certain, so that Mooring must not start before another restore."""


def refuse_flawed(*, backup: Path, manifest: Manifest) -> None:
    """Raises UnableToRestore for a backup that lacked something already when it was made."""
    if manifest.flaws:
        raise UnableToRestore(f"{backup} is as it was made, but something was wrong already then:\n{in_lines(manifest.flaws)}")


def in_lines(flaws: Sequence[str]) -> str:
    """The first ten of them and how many more there are."""
    more = [f"... and {len(flaws) - 10} more"] if len(flaws) > 10 else []
    return "\n".join([*flaws[:10], *more])


def prove(*, backup: Path, manifest: Manifest, told: Told) -> None:
    """Read every file again. Raises UnableToRestore, naming those that are missing or not what they were."""
    bad, done = [], 0
    for file in manifest.files:
        try:
            found = digest_of(backup / file.path)
        except OSError as error:
            bad.append(f"{file.path}: {error.strerror}")
        else:
            if found[0] != file.size:
                bad.append(f"{file.path}: {found[0]} bytes where {file.size} were written")
            elif found[1] != file.sha256:
                bad.append(f"{file.path}: its content is not what was written")
        done += file.size
        told("proving the backup", done, manifest.size)
    if bad:
        raise UnableToRestore(f"The backup {backup} is damaged. Take another one.\n{in_lines(bad)}")


def refuse_newer(manifest: Manifest) -> None:
    """Raises UnableToRestore for a backup of a Mooring that is newer than this one."""
    rooms, known = _rooms(), _known_migrations()
    unknown = [name for name in manifest.migrations if name.partition(".")[0] in rooms and name not in known]
    if unknown or _parts(manifest.version) > _parts(mooring.__version__):
        raise UnableToRestore(
            f"The backup was made by Mooring {manifest.version}, which is newer than this one ({mooring.__version__}"
            + (f", which lacks {unknown[0]}" if unknown else "")
            + "). Install that version or a newer one first."
        )


def refuse_other_kind(manifest: Manifest, installation: Installation) -> None:
    """Raises UnableToRestore where the backup is of the other database."""
    if manifest.kind == "sqlite" and installation.database_url:
        raise UnableToRestore(
            "The backup is of a SQLite database, which cannot be restored into PostgreSQL. "
            "Unset MOORING_DATABASE_URL to restore it as SQLite."
        )
    if manifest.kind == "postgresql" and not installation.database_url:
        raise UnableToRestore(
            "The backup is of a PostgreSQL database, which cannot be restored into SQLite. "
            "Set MOORING_DATABASE_URL to an empty database of PostgreSQL."
        )


def _rooms() -> set[str]:
    return {path.parent.name for path in Path(mooring.__file__).parent.glob("*/migrations")}


def _known_migrations() -> set[str]:
    files = Path(mooring.__file__).parent.glob("*/migrations/[!_~]*.py")
    return {f"{file.parent.parent.name}.{file.stem}" for file in files}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
