"""A real Postfix on a free loopback port, beside whatever mail server the machine has: Debian allows only one to be installed.

Debian's packages are fetched once into the folder that MOORING_POSTFIX names, which everybody must be able to read, and unpacked
there. It runs as root alone, for its master demands it. What it accepts for harbour.example lands in a Maildir.
"""

from __future__ import annotations

import os
import pwd
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from mooring.mail.egress import EgressPolicy
from mooring.mail.headers import read_header
from mooring.mail.types import Encryption, Login, Secret, Server
from servers.certificates import Authority
from servers.programs import Program, ProgramMissing, free_ports, unpacked

_PACKAGES = ["postfix", "libicu72", "libdb5.3", "libnsl2"]
_OWNER = "daemon"
"""Somebody other than root and nobody, whom Debian has everywhere; Postfix insists."""
_QUEUE = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "pid", "private", "public",
    "saved", "trace",
)  # fmt: skip


def unpacked_postfix() -> Path:
    """The folder with the unpacked packages. Raises ProgramMissing."""
    if os.geteuid() != 0:
        raise ProgramMissing("its master runs as root only")
    return unpacked(variable="MOORING_POSTFIX", packages=_PACKAGES, needed=["usr/lib/postfix/sbin/master"])


class Postfix(Program):
    """One running server. It knows the addresses at harbour.example that do not begin with an n, and takes mail for no other."""

    def __init__(self, folder: Path, *, root: Path, authority: Authority) -> None:
        super().__init__()
        self.folder = folder
        self.port, self.tls_port = free_ports(2)
        self.authority = authority
        self._root = root
        self._libraries = ":".join(str(root / part) for part in ("usr/lib/postfix", "usr/lib/x86_64-linux-gnu"))
        self._write_config(authority.issue("localhost", "127.0.0.1"))

    def start(self) -> None:
        """Start, and wait until it greets."""
        command = [str(self._root / "usr/lib/postfix/sbin/master"), "-c", str(self.folder / "etc"), "-d"]
        self.run(command, greeting=[self.port], env={"LD_LIBRARY_PATH": self._libraries, "PATH": "/usr/bin:/bin"})

    def log(self) -> str:
        """What it wrote to its log."""
        file = self.folder / "postfix.log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def policy(self) -> EgressPolicy:
        """A policy that reaches it and trusts its certificate."""
        return EgressPolicy.opening(["127.0.0.0/8", "::1/128"], extra_authorities=self.authority.pem)

    def server(self, encryption: Encryption = Encryption.NONE) -> Server:
        """What an account needs to know. It asks nobody on loopback to log in."""
        return Server(
            "smtp",
            host="localhost",
            port=self.tls_port if encryption is Encryption.TLS else self.port,
            encryption=encryption,
            user_name="bob",
            password=Secret(""),
            timeout=timedelta(seconds=20),
            login=Login.NONE,
        )

    def letters(self) -> list[bytes]:
        """What it delivered, byte for byte, with lines ended as files have them."""
        return [file.read_bytes() for file in (self.folder / "mail" / "all" / "new").glob("*")]

    def delivered(self) -> Counter[str]:
        """The Message-IDs of what it delivered, each as often as it arrived."""
        return Counter(read_header(raw).message_id for raw in self.letters())

    def wait_until_idle(self, *, seconds: float = 60.0) -> None:
        """Until its queue is empty."""
        deadline = time.monotonic() + seconds
        while any(any(path.is_file() for path in (self.folder / "queue" / name).rglob("*")) for name in ("incoming", "active")):
            assert time.monotonic() < deadline, "Postfix does not deliver"
            time.sleep(0.05)

    def _write_config(self, certificate: Path) -> None:
        owner = pwd.getpwnam(_OWNER)
        for name in (*(f"queue/{each}" for each in _QUEUE), "etc", "data", "mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for path in (
            self.folder / "data",
            self.folder / "mail",
            *(self.folder / "queue" / name for name in _QUEUE if name != "pid"),
        ):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        facts = {
            "base": self.folder,
            "bin": self._root / "usr/lib/postfix/sbin",
            "commands": self._root / "usr/sbin",
            "libraries": self._libraries,
            "owner": _OWNER,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
            "certificate": certificate,
            "port": self.port,
            "tls_port": self.tls_port,
        }
        (self.folder / "etc" / "main.cf").write_text(_MAIN_CF.format(**facts))
        (self.folder / "etc" / "mailboxes").write_text("/^[^n].*@harbour\\.example$/ all/\n")
        (self.folder / "etc" / "master.cf").write_text(_MASTER_CF.format(**facts))


_MAIN_CF = """
compatibility_level = 3.6
import_environment = MAIL_CONFIG LD_LIBRARY_PATH={libraries}
export_environment = LD_LIBRARY_PATH={libraries}
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = {commands}
daemon_directory = {bin}
shlib_directory = no
meta_directory = {base}/etc
mail_owner = {owner}
setgid_group = games
maillog_file = {base}/postfix.log
maillog_file_prefixes = {base}
myhostname = mx.harbour.example
mydestination =
mynetworks = 127.0.0.0/8 [::1]/128
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
virtual_transport = virtual
virtual_mailbox_domains = harbour.example
virtual_mailbox_base = {base}/mail
virtual_mailbox_maps = regexp:{base}/etc/mailboxes
virtual_minimum_uid = {uid}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_relay_restrictions = reject_unauth_destination
smtpd_delay_reject = no
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
smtputf8_enable = yes
message_size_limit = 10485760
anvil_rate_time_unit = 1s
"""

_MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
