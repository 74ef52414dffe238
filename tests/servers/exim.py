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
import subprocess
import time
from datetime import timedelta
from pathlib import Path

from mooring.mail.types import Encryption, Login, Secret, Server
from servers.dovecot import free_ports, greets

USER, PASSWORD = "anna", "harbour-wall"
_PACKAGES = ["exim4-daemon-heavy", "libidn12", "libmariadb3", "libnss-wrapper", "libspf2-2"]
_START_SECONDS = 20.0
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib")


class EximMissing(Exception):
    """The packages are neither in the cache nor to be had; the text says why."""


def unpacked() -> Path:
    """The folder with the unpacked packages. Raises EximMissing."""
    if "MOORING_EXIM" not in os.environ:
        raise EximMissing("MOORING_EXIM names no folder to keep its packages in")
    cache = Path(os.environ["MOORING_EXIM"])
    root = cache / "root"
    binary = root / "usr/sbin/exim4"
    if binary.exists():
        return root
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise EximMissing("packages of Debian are needed to run Exim")
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o755)  # whoever it runs as must get there, whatever the umask of whoever fetched it
    done = subprocess.run(["apt-get", "download", *_PACKAGES], cwd=cache, capture_output=True, timeout=120)
    if done.returncode:
        raise EximMissing(done.stderr.decode(errors="replace")[-500:])
    for package in cache.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(root)], check=True, timeout=60)
    binary.chmod(0o755)  # it comes with the right to become root, and would load no libraries from here then
    return root


class Exim:
    """One running server with one user, who must log in."""

    def __init__(self, folder: Path, *, root: Path) -> None:
        self.folder = folder
        (self.port,) = free_ports(1)
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._write_config()

    def start(self) -> None:
        """Start, and wait until it greets."""
        command = [str(self._root / "usr/sbin/exim4"), "-C", str(self.folder / "exim.conf"), "-bdf"]
        as_owner = {"user": self._owner, "group": self._group, "extra_groups": ()} if os.geteuid() == 0 else {}
        self._process = subprocess.Popen(
            command, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner
        )
        deadline = time.monotonic() + _START_SECONDS
        while not greets(self.port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise EximMissing("Exim does not start here")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

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
