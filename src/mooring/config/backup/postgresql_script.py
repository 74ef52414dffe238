"""What of a dump is brought back, so that whoever owns the tables can: nothing that only the server's administrator may do."""

from __future__ import annotations

import re
from typing import Final

_NOT_OURS: Final = re.compile(
    r"\d+; \d+ \d+ (SCHEMA|EXTENSION|PUBLICATION|PUBLICATION TABLE|SUBSCRIPTION|EVENT TRIGGER|COMMENT - (SCHEMA|EXTENSION)) "
)
_SCHEMA: Final = re.compile(r"\d+; \d+ \d+ SCHEMA - (\S+) ")
_HEAD_BYTES: Final = 2000
_SINCE_17: Final = b"SET transaction_timeout = 0;\n"

REFUSE_OTHERS: Final = """
DO $others$
DECLARE others bigint;
BEGIN
    SELECT count(*) INTO others FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
    AND pid <> pg_backend_pid() AND backend_type = 'client backend';
    IF others > 0 THEN
        RAISE EXCEPTION '% other connections to the database were opened meanwhile; end what uses it first', others;
    END IF;
END
$others$;
"""
"""Asked once more right before the end of the transaction: bringing a large database back takes long."""


def ours_of(listed: str) -> str:
    """The lines of `pg_restore --list` that make something of Mooring's, for `--use-list`."""
    return "".join(f"{line}\n" for line in listed.splitlines() if not _NOT_OURS.match(line))


def schemas_for(listed: str) -> str:
    """Make the schemas that the dump names and that are not there; those that are there may be somebody else's."""
    names = [found[1].replace("'", "''") for line in listed.splitlines() if (found := _SCHEMA.match(line))]
    made = "".join(
        f"IF to_regnamespace(quote_ident('{name}')) IS NULL THEN EXECUTE 'CREATE SCHEMA ' || quote_ident('{name}'); END IF;\n"
        for name in names
    )
    return f"DO $schemas$\nBEGIN\n{made}END\n$schemas$;\n" if made else ""


def understood_by(server: int, chunk: bytes) -> bytes:
    """The first piece of the script without the setting that servers before version 17 do not know."""
    head, rest = chunk[:_HEAD_BYTES], chunk[_HEAD_BYTES:]
    return (head.replace(_SINCE_17, b"", 1) if server < 17 else head) + rest
