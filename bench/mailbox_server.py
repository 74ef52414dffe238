"""A Dovecot with one big mailbox, and mbsync and notmuch set up to pull it: the yardsticks of fetching and archiving."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.corpus import write_maildir
from servers.certificates import Authority
from servers.dovecot import PASSWORD, Dovecot

USER = "bench"


@contextmanager
def mailbox_of(count: int, folder: Path, *, mean_kb: float = 0) -> Iterator[Dovecot]:
    """A running server whose user `bench` has `count` letters in INBOX, of `mean_kb` or what they have of themselves."""
    for name in ("server", "authority"):
        (folder / name).mkdir(parents=True)
    authority = Authority(folder / "authority")
    authority_file(folder).write_text(authority.pem)
    server = Dovecot(folder / "server", authority=authority)
    maildir = folder / "server" / "mail" / USER
    total = write_maildir(maildir, count, mean_kb=mean_kb)
    subprocess.run(["chown", "-R", "--reference", str(folder / "server" / "mail"), str(maildir)], check=True)
    server.start()
    try:
        server.doveadm("index", "-u", USER, "INBOX")
        print(f"{count} letters, {total / 1e6:.0f} MB")
        yield server
    finally:
        server.stop()


def authority_file(folder: Path) -> Path:
    """The certificate that vouches for the server, for SSL_CERT_FILE and mbsync."""
    return folder / "authority.pem"


def mbsync_command(server: Dovecot, folder: Path, *, does_fsync: bool) -> list[str]:
    """Pull the whole mailbox into an empty Maildir below `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mail").mkdir(parents=True)
    config = folder / "mbsyncrc"
    config.write_text(
        f"FSync {'yes' if does_fsync else 'no'}\n"
        "IMAPAccount bench\nHost localhost\n"
        f"Port {server.imaps_port}\nUser {USER}\nPass {PASSWORD}\nSSLType IMAPS\n"
        f"CertificateFile {authority_file(server.folder.parent)}\n\n"
        "IMAPStore far\nAccount bench\n\n"
        f"MaildirStore near\nPath {folder}/mail/\nInbox {folder}/mail/INBOX\nSubFolders Verbatim\n\n"
        "Channel bench\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n"
    )
    return ["mbsync", "--quiet", "-c", str(config), "bench"]


def notmuch_commands(folder: Path) -> list[list[str]]:
    """Index what mbsync pulled, from nothing."""
    config = folder / "notmuch-config"
    config.write_text(f"[database]\npath={folder}/mail\n[new]\ntags=new\n[user]\nname=bench\nprimary_email=bench@bench.example\n")
    return [["notmuch", f"--config={config}", "new", "--quiet"]]
