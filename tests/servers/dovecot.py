"""A real Dovecot on free loopback ports with a configuration of its own, as root or as anybody.

Letters lie in Maildirs below `folder/mail/<user>`. Every user exists and has the password `PASSWORD`; tests take users of
their own so that they do not meet.
"""

from __future__ import annotations

import grp
import itertools
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from mooring.mail.egress import EgressPolicy
from mooring.mail.types import Encryption, Secret, Server
from servers.certificates import Authority
from servers.programs import Program, free_ports

PASSWORD = "harbour-wall"
_users = itertools.count(1)


def is_installed() -> bool:
    """Whether this machine has Dovecot."""
    return shutil.which("dovecot") is not None or Path("/usr/sbin/dovecot").exists()


class Dovecot(Program):
    """One running server. `settings` are added to its configuration as they are.

    With `introspection_url` it also takes tokens (XOAUTH2, OAUTHBEARER) of which that address says whose they are; the user is
    the local part of the person's address.
    """

    def __init__(self, folder: Path, *, authority: Authority, settings: str = "", introspection_url: str = "") -> None:
        super().__init__()
        self.folder = folder
        self.authority = authority
        self.imap_port, self.imaps_port, self.pop3_port, self.pop3s_port = free_ports(4)
        self._config = folder / "dovecot.conf"
        self._write_config(self._token_settings(introspection_url) + settings if introspection_url else settings)

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, and wait until it greets."""
        self.run(["/usr/sbin/dovecot", "-F", "-c", str(self._config)], greeting=[self.imap_port])

    def log(self) -> str:
        """What it wrote to its log."""
        file = self.folder / "dovecot.log"
        return file.read_text(errors="replace") if file.exists() else ""

    # -- reaching it -------------------------------------------------------------------------------------------------

    @property
    def policy(self) -> EgressPolicy:
        """A policy that reaches it and trusts its certificate."""
        return EgressPolicy.opening(["127.0.0.0/8", "::1/128"], extra_authorities=self.authority.pem)

    def server(self, user: str, *, encryption: Encryption = Encryption.TLS, protocol: str = "imap") -> Server:
        """What an account needs to know."""
        plain, encrypted = (self.imap_port, self.imaps_port) if protocol == "imap" else (self.pop3_port, self.pop3s_port)
        return Server(
            protocol=protocol,
            host="localhost",
            port=encrypted if encryption is Encryption.TLS else plain,
            encryption=encryption,
            user_name=user,
            password=Secret(PASSWORD),
            timeout=timedelta(seconds=20),
        )

    def new_user(self) -> str:
        """A user with an empty mailbox that no other test has."""
        return f"sailor{os.getpid()}n{next(_users)}"

    # -- what other clients and senders would do ---------------------------------------------------------------------

    def deliver(self, user: str, letters: Iterable[bytes], *, folder: str = "INBOX") -> None:
        """Letters arrive, in this order, byte for byte."""
        for raw in letters:
            self.doveadm("save", "-u", user, "-m", folder, stdin=raw)

    def expunge(self, user: str, uids: Iterable[int], *, folder: str = "INBOX") -> None:
        """Letters are deleted for good."""
        chosen = ",".join(map(str, uids))
        self.doveadm("expunge", "-u", user, "mailbox", folder, "uid", chosen)

    def flag(self, user: str, flag: str, uids: Iterable[int], *, folder: str = "INBOX") -> None:
        """Letters get a flag such as "\\\\Seen"."""
        chosen = ",".join(map(str, uids))
        self.doveadm("flags", "add", "-u", user, flag, "mailbox", folder, "uid", chosen)

    def flags(self, user: str, *, folder: str = "INBOX") -> list[str]:
        """The flags of all letters, as the server has them."""
        return self.doveadm("-f", "flow", "fetch", "-u", user, "flags", "mailbox", folder).decode().splitlines()

    def create(self, user: str, folder: str) -> None:
        """A folder is made."""
        self.doveadm("mailbox", "create", "-u", user, folder)

    def rename(self, user: str, folder: str, new_name: str) -> None:
        """A folder gets another name."""
        self.doveadm("mailbox", "rename", "-u", user, folder, new_name)

    def delete(self, user: str, folder: str) -> None:
        """A folder is deleted with its letters."""
        self.doveadm("mailbox", "delete", "-s", "-u", user, folder)

    def recreate(self, user: str, folder: str) -> None:
        """A folder is deleted and made anew: its UIDVALIDITY changes."""
        self.delete(user, folder)
        self.create(user, folder)

    def move(self, user: str, uids: Iterable[int], *, source: str, target: str) -> None:
        """Letters are moved to another folder."""
        chosen = ",".join(map(str, uids))
        self.doveadm("move", "-u", user, target, "mailbox", source, "uid", chosen)

    def doveadm(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Any other command of the server's own administration."""
        done = subprocess.run(
            ["/usr/bin/doveadm", "-c", str(self._config), *arguments], input=stdin, capture_output=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    # -- configuration -----------------------------------------------------------------------------------------------

    def _token_settings(self, introspection_url: str) -> str:
        authority = self.folder / "authority.pem"
        authority.write_text(self.authority.pem)
        (self.folder / "tokens.conf.ext").write_text(_TOKENS.format(url=introspection_url, authority=authority))
        return _TOKEN_LOGIN.format(base=self.folder)

    def _write_config(self, settings: str) -> None:
        for name in ("mail", "run", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        identity = _Identity.of_tests()
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, identity.user, identity.group)
            _let_through(self.folder)
        certificate = self.authority.issue("localhost", "127.0.0.1", "::1")
        (self.folder / "users").write_text("")
        self._config.write_text(
            _CONFIG.format(
                base=self.folder,
                certificate=certificate,
                password=PASSWORD,
                imap=self.imap_port,
                imaps=self.imaps_port,
                pop3=self.pop3_port,
                pop3s=self.pop3s_port,
                user=identity.user,
                group=identity.group,
                uid=identity.uid,
                gid=identity.gid,
                login_user=identity.login_user,
                chroot="" if os.geteuid() else "login",
                settings=settings,
            )
        )


class _Identity:
    """Whom the mail belongs to: root's tests use `nobody`, everybody else's themselves."""

    def __init__(self, name: str, login_user: str) -> None:
        entry = pwd.getpwnam(name)
        self.user, self.login_user = name, login_user
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        self.group = grp.getgrgid(entry.pw_gid).gr_name

    @classmethod
    def of_tests(cls) -> _Identity:
        if os.geteuid() == 0:
            return cls("nobody", "dovenull")
        own = pwd.getpwuid(os.geteuid()).pw_name
        return cls(own, own)


def _let_through(folder: Path) -> None:
    """Temporary folders of root are closed to others; the mail processes must get through."""
    for parent in folder.parents:
        if str(parent).startswith("/tmp/"):  # noqa: S108
            parent.chmod(parent.stat().st_mode | 0o011)


_TOKENS = """
introspection_mode = post
introspection_url = {url}
tls_ca_cert_file = {authority}
username_attribute = email
active_attribute = active
active_value = true
"""
_TOKEN_LOGIN = """
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {base}/tokens.conf.ext
}}
"""
_CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login_user}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = yes
auth_mechanisms = plain login
auth_failure_delay = 0 secs
mail_location = maildir:{base}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
mail_fsync = never
maildir_stat_dirs = no
mail_max_userip_connections = 50
passdb {{
  driver = static
  mechanisms = plain login
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
}}
service imap-login {{
  chroot = {chroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot = {chroot}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
{settings}
"""
