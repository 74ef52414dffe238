"""A real Exim on a free loopback port, which knows SPA as it was first: NTLM version 1 alone. Letters stay in its queue.

Debian's packages are fetched once into the folder that MOORING_EXIM names, which everybody must be able to read; they are
unpacked there without being installed, and run as an unprivileged user. Exim insists on the user that its package would have
made, so nss_wrapper shows it one. Without that variable nothing is fetched.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from datetime import timedelta
from pathlib import Path

from mooring.mail.types import Encryption, Login, Secret, Server
from servers.programs import Program, free_ports, unpacked

USER, PASSWORD = "anna", "harbour-wall"
_PACKAGES = ["exim4-daemon-heavy", "libidn12", "libmariadb3", "libnss-wrapper", "libspf2-2"]
_BINARY = "usr/sbin/exim4"
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib")


def unpacked_exim() -> Path:
    """The folder with the unpacked packages. Raises ProgramMissing."""
    root = unpacked(variable="MOORING_EXIM", packages=_PACKAGES, needed=[_BINARY])
    (root / _BINARY).chmod(0o755)  # it comes with the right to become root, and would load no libraries from here then
    return root


class Exim(Program):
    """One running server with one user, who must log in."""

    def __init__(self, folder: Path, *, root: Path) -> None:
        super().__init__()
        self.folder = folder
        (self.port,) = free_ports(1)
        self._root = root
        self._owner = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._write_config()

    def start(self) -> None:
        """Start, and wait until it greets."""
        command = [str(self._root / _BINARY), "-C", str(self.folder / "exim.conf"), "-bdf"]
        as_owner = {"user": self._owner, "group": self._group, "extra_groups": ()} if os.geteuid() == 0 else {}
        self.run(command, greeting=[self.port], env=self._environment(), **as_owner)

    def server(self, *, login: Login = Login.SPA_OLD) -> Server:
        """What an account needs to know: on loopback, unencrypted."""
        return Server(
            protocol="smtp",
            host="localhost",
            port=self.port,
            encryption=Encryption.NONE,
            user_name=USER,
            password=Secret(PASSWORD),
            plain_login_allowed=True,
            login=login,
            timeout=timedelta(seconds=20),
        )

    def queued(self) -> list[str]:
        """The bodies of the letters that it accepted."""
        files = sorted((self.folder / "spool/input").glob("*-D"))
        return [file.read_text(errors="replace").partition("\n")[2] for file in files]

    def log(self) -> str:
        """What it wrote to its main log."""
        file = self.folder / "log/main"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def _group(self) -> str:
        return grp.getgrgid(pwd.getpwnam(self._owner).pw_gid).gr_name

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "LD_LIBRARY_PATH": ":".join(str(self._root / part) for part in _LIBRARIES),
            "LD_PRELOAD": str(self._root / _LIBRARIES[0] / "libnss_wrapper.so"),
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(self.folder / "group"),
        }

    def _write_config(self) -> None:
        for name in ("spool", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        entry = pwd.getpwnam(self._owner)
        extra = f"Debian-exim:x:{entry.pw_uid}:{entry.pw_gid}::/nonexistent:/usr/sbin/nologin\n"
        (self.folder / "passwd").write_text(Path("/etc/passwd").read_text() + extra)
        (self.folder / "group").write_text(Path("/etc/group").read_text() + f"Debian-exim:x:{entry.pw_gid}:\n")
        facts = {"base": self.folder, "port": self.port, "owner": self._owner, "group": self._group}
        (self.folder / "exim.conf").write_text(_CONFIG.format(**facts, user=USER, password=PASSWORD))
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, self._owner, self._group)


_CONFIG = """
primary_hostname = harbour.example
spool_directory = {base}/spool
log_file_path = {base}/log/%s
pid_file_path = {base}/exim.pid
exim_user = {owner}
exim_group = {group}
never_users =
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
queue_only
acl_smtp_rcpt = who_has_logged_in
begin acl
who_has_logged_in:
  accept authenticated = *
  deny message = log in first
begin routers
begin transports
begin authenticators
spa:
  driver = spa
  public_name = NTLM
  server_password = ${{if eq{{$auth1}}{{{user}}}{{{password}}}fail}}
  server_set_id = $auth1
"""
