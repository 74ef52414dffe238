"""A real Cyrus (IMAP, POP3, JMAP) on free loopback ports, beside a Dovecot that the packages would not let it be installed with.

Debian's packages are fetched once into the folder that MOORING_CYRUS names, which everybody must be able to read; they
are unpacked there without being installed, and run as an unprivileged user. Without that variable nothing is fetched.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from mooring.mail.types import Encryption, Secret, Server
from servers.certificates import Authority
from servers.programs import Program, free_ports, unpacked

PASSWORD = "harbour-wall"
_PACKAGES = [
    "cyrus-common", "cyrus-imapd", "cyrus-pop3d", "cyrus-caldav", "libical3", "libpcre3", "libshp2",
    "libsasl2-modules", "sasl2-bin",
]  # fmt: skip
"""The server for JMAP, httpd, comes with cyrus-caldav."""
_NEEDED = ["master", "imapd", "pop3d", "httpd"]


def unpacked_cyrus() -> Path:
    """The folder with the unpacked packages. Raises ProgramMissing."""
    return unpacked(variable="MOORING_CYRUS", packages=_PACKAGES, needed=[f"usr/lib/cyrus/bin/{name}" for name in _NEEDED])


class Cyrus(Program):
    """One running server; users are made with `new_user`."""

    def __init__(self, folder: Path, *, root: Path, authority: Authority) -> None:
        super().__init__()
        self.folder = folder
        self.port, self.pop3_port, self.http_port, self.https_port, self.smtp_port = free_ports(5)
        self._root = root
        self._user_count = 0
        self._library_path = ":".join(str(root / part) for part in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
        self._write_config(authority.issue("localhost").read_bytes())

    def start(self) -> None:
        """Start, and wait until it greets."""
        binaries = self._root / "usr/lib/cyrus/bin"
        command = [
            str(binaries / "master"), "-C", str(self.folder / "imapd.conf"), "-M", str(self.folder / "cyrus.conf"),
            "-p", str(self.folder / "run/master.pid"), "-D",
        ]  # fmt: skip
        environment = {"LD_LIBRARY_PATH": self._library_path, "PATH": "/usr/bin:/bin"}
        self.run(command, greeting=[self.port, self.pop3_port], env=environment, **_unprivileged())

    def new_user(self) -> str:
        """A user with a password and an empty mailbox."""
        self._user_count += 1
        name = f"sailor{self._user_count}"
        subprocess.run(
            [str(self._root / "usr/sbin/saslpasswd2"), "-c", "-p", "-f", str(self.folder / "sasldb2"), name],
            input=PASSWORD.encode(),
            env={"LD_LIBRARY_PATH": self._library_path},
            check=True,
            capture_output=True,
            timeout=20,
            **_unprivileged(),
        )
        return name

    def server(self, user: str, *, protocol: str = "imap") -> Server:
        """What an account needs to know: on loopback, unencrypted."""
        return Server(
            protocol=protocol,
            host="localhost",
            port=self.port if protocol == "imap" else self.pop3_port,
            encryption=Encryption.NONE,
            user_name=user,
            password=Secret(PASSWORD),
            plain_login_allowed=True,
            timeout=timedelta(seconds=20),
        )

    def jmap_server(self, user: str) -> Server:
        """The same mailbox over JMAP, found from the host."""
        return replace(self.server(user), protocol="jmap", host="", port=0, url=f"http://localhost:{self.http_port}")

    @property
    def jmap_address(self) -> str:
        """Where a person is told to look for JMAP: encrypted, unlike the rest."""
        return f"https://localhost:{self.https_port}"

    def _write_config(self, certificate: bytes) -> None:
        for name in ("cfg/socket", "run/proc", "run/lock", "spool", "search"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        binaries, plugins = self._root / "usr/lib/cyrus/bin", self._root / "usr/lib/x86_64-linux-gnu/sasl2"
        user, group = ("nobody", "nogroup") if os.geteuid() == 0 else (os.environ.get("USER", "nobody"), "nogroup")
        texts = {
            "base": self.folder,
            "bin": binaries,
            "sasl": plugins,
            "port": self.port,
            "pop3_port": self.pop3_port,
            "http_port": self.http_port,
            "https_port": self.https_port,
            "smtp_port": self.smtp_port,
            "user": user,
            "group": group,
        }
        (self.folder / "imapd.conf").write_text(_IMAPD_CONF.format(**texts))
        (self.folder / "cyrus.conf").write_text(_CYRUS_CONF.format(**texts))
        (self.folder / "certificate.pem").write_bytes(certificate)
        (self.folder / "certificate.pem").chmod(0o600)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, "nobody", "nogroup")


class OtherClient:
    """The owner's own mail program, over IMAP; used to log in for the first time, too, since that makes the mailbox."""

    def __init__(self, cyrus: Cyrus, user: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", cyrus.port), 20)
        self._lines = self._socket.makefile("rb")
        self._lines.readline()
        self._number = 0
        self.do(f"LOGIN {user} {PASSWORD}")

    def do(self, command: str, literal: bytes | None = None) -> list[bytes]:
        """The lines of the answer to a command, whose last argument may be a literal."""
        self._number += 1
        tag = f"c{self._number}"
        wanted = b"" if literal is None else b" {%d+}\r\n%s" % (len(literal), literal)
        self._socket.sendall(f"{tag} {command}".encode() + wanted + b"\r\n")
        lines: list[bytes] = []
        while not lines or not lines[-1].startswith(tag.encode()):
            lines.append(self._lines.readline())
            if not lines[-1]:
                raise ConnectionError("Cyrus hung up")
        if not lines[-1].startswith(f"{tag} OK".encode()):
            raise ValueError(lines[-1])
        return lines

    def append(self, folder: str, letters: Iterable[bytes], *, first_at: datetime, flags: str = "") -> None:
        """Letters received a second after each other."""
        for place, raw in enumerate(letters):
            at = (first_at + timedelta(seconds=place)).strftime("%d-%b-%Y %H:%M:%S +0000")
            self.do(f'APPEND "{folder}" ({flags}) "{at}"', raw)

    def expunge(self, folder: str, uids: str) -> None:
        """Letters deleted, and no others."""
        self.do(f'SELECT "{folder}"')
        self.do(f"UID STORE {uids} +FLAGS (\\Deleted)")
        self.do(f"UID EXPUNGE {uids}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()


def _unprivileged() -> dict[str, str]:
    """Cyrus refuses to work as root."""
    return {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}


_IMAPD_CONF = """
configdirectory: {base}/cfg
proc_path: {base}/run/proc
mboxname_lockpath: {base}/run/lock
defaultpartition: default
partition-default: {base}/spool
defaultsearchtier: t1
t1searchpartition-default: {base}/search
search_engine: xapian
conversations: 1
conversations_db: twoskip
httpmodules: jmap
tls_server_cert: {base}/certificate.pem
tls_server_key: {base}/certificate.pem
tls_sessions_db_path: {base}/cfg/tls_sessions.db
smtp_backend: host
smtp_host: localhost:{smtp_port}
munge8bit: no
reject8bit: no
allowplaintext: yes
admins: cyrus
altnamespace: no
unixhierarchysep: no
virtdomains: off
hashimapspool: true
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {base}/sasldb2
sasl_mech_list: PLAIN LOGIN NTLM
sasl_path: {sasl}:/usr/lib/x86_64-linux-gnu/sasl2
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Sent | Drafts | Trash | Junk | Archive
autocreate_subscribe_folders: Sent | Drafts | Trash | Junk | Archive
xlist-sent: Sent
xlist-drafts: Drafts
xlist-trash: Trash
xlist-junk: Junk
xlist-archive: Archive
specialusealways: yes
idlesocket: {base}/run/idle
lmtpsocket: {base}/run/lmtp
notifysocket: {base}/run/notify
cyrus_user: {user}
cyrus_group: {group}
"""
_CYRUS_CONF = """
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {base}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {base}/imapd.conf" listen="127.0.0.1:{port}" prefork=0
  pop3 cmd="{bin}/pop3d -C {base}/imapd.conf" listen="127.0.0.1:{pop3_port}" prefork=0
  http cmd="{bin}/httpd -C {base}/imapd.conf" listen="127.0.0.1:{http_port}" prefork=0
  https cmd="{bin}/httpd -C {base}/imapd.conf -s" listen="127.0.0.1:{https_port}" prefork=0
}}
DAEMON {{
  idled cmd="{bin}/idled -C {base}/imapd.conf"
}}
EVENTS {{
  checkpoint cmd="{bin}/ctl_cyrusdb -C {base}/imapd.conf -c" period=30
}}
"""
