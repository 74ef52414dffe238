"""What went wrong, in words for people: for every error code what it means and what to do about it.

What a server said itself is only ever quoted, never passed off as ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Trouble:
    """In the reader's language. `quoted` is the server's own text, to be shown as a quotation; often empty."""

    what: str
    advice: str
    quoted: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".strip()


def trouble_of(code: str, details: Mapping[str, Any] | None = None, *, said: str = "") -> Trouble:
    """The words for a code of mail.errors or of the engine. Missing details leave no gap that hurts."""
    what, advice = _WORDS.get(code, _WORDS["internal"])
    facts: defaultdict[str, str] = defaultdict(lambda: "?", {name: str(value) for name, value in (details or {}).items()})
    return Trouble(_(what) % facts, _(advice) % facts if advice else "", said or str((details or {}).get("server_said", "")))


_WAIT: Final = gettext_noop("Mooring tries again by itself.")
_USUAL_PORTS: Final = gettext_noop(
    "Check port and encryption. Usual are with TLS 993 (IMAP), 995 (POP3) and 465 (SMTP), with STARTTLS 143, 110 and 587."
)

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "name_not_found": (
        gettext_noop("There is no server with the name “%(host)s”."),
        gettext_noop("Check the name of the server for typing errors, or ask your provider for it."),
    ),
    "address_not_allowed": (
        gettext_noop("The server “%(host)s” lies in a network that this installation does not connect to."),
        gettext_noop("If it is your own mail server, an administrator can allow its network with MOORING_ALLOWED_NETWORKS."),
    ),
    "port_closed": (
        gettext_noop("Nothing answers at port %(port)s of “%(host)s”."),
        _USUAL_PORTS,
    ),
    "no_answer": (
        gettext_noop("The server “%(host)s” did not answer within %(seconds)s seconds."),
        gettext_noop("Check name and port. If they are right, the server is busy or a firewall is in between; try again later."),
    ),
    "certificate_not_trusted": (
        gettext_noop("The certificate of “%(host)s” is not trusted: %(reason)s. It is made out to: %(names)s."),
        gettext_noop("Use one of these names as the server if it is yours, or ask its administrator to renew the certificate."),
    ),
    "tls_failed": (
        gettext_noop("No encrypted connection to port %(port)s of “%(host)s” could be agreed on."),
        _USUAL_PORTS,
    ),
    "starttls_missing": (
        gettext_noop("The server “%(host)s” does not offer STARTTLS. Your password was not sent."),
        gettext_noop("Choose TLS with its default port, or ask your provider which encryption it supports."),
    ),
    "plain_login_refused": (
        gettext_noop("The connection to “%(host)s” is not encrypted, so your password was not sent."),
        gettext_noop(
            "Choose TLS or STARTTLS. Only if the server knows neither, allow the login without encryption under Advanced."
        ),
    ),
    "login_refused": (
        gettext_noop("The server refused the user name or password of “%(user)s”."),
        gettext_noop(
            "Enter the password again. Some providers want a user name other than the address, a password made for programs, "
            "or that access by mail programs is switched on."
        ),
    ),
    "app_password_needed": (
        gettext_noop("The provider wants an app password for “%(user)s”, not the password that you sign in with."),
        gettext_noop("Make an app password in the security settings of your mail provider and enter it here."),
    ),
    "token_refused": (
        gettext_noop("The server does not let “%(user)s” in, although the provider has just renewed the sign-in."),
        gettext_noop(
            "Check that the user name is the one you signed in with, and that the mailbox may be read by programs; "
            "then sign in again."
        ),
    ),
    "token_not_for_server": (
        gettext_noop("“%(host)s” is not a mail server of %(provider)s, so Mooring does not show it this sign-in."),
        gettext_noop("Check the name of the server. An administrator can add servers under Setup > Email > Providers."),
    ),
    "provider_refused": (
        gettext_noop("%(provider)s refuses this installation of Mooring (%(error)s)."),
        gettext_noop("An administrator must check the client ID and the client secret under Setup > Email > Providers."),
    ),
    "login_disabled": (
        gettext_noop("The server offers no way to log in that Mooring knows (it offers: %(offered)s)."),
        gettext_noop("Choose TLS if you did not; otherwise ask your provider how mail programs log in."),
    ),
    "sending_not_offered": (
        gettext_noop("The server takes no letters of this mailbox for sending."),
        gettext_noop("Let letters be sent by SMTP and enter the outgoing server, or ask your provider whether you may send."),
    ),
    "server_busy": (
        gettext_noop("The server asks to come back later: too many connections or too much traffic."),
        _WAIT,
    ),
    "mailbox_in_use": (
        gettext_noop("Another program has the mailbox open, and “%(host)s” lets in only one at a time."),
        gettext_noop("Mooring tries again by itself. If this stays, close the other program or let it look less often."),
    ),
    "mailbox_broken": (
        gettext_noop("The server “%(host)s” says that this mailbox is out of order until somebody repairs it."),
        gettext_noop("Tell the server's administrator; then choose “Scan now”."),
    ),
    "server_unavailable": (gettext_noop("The server “%(host)s” says that it is out of order for the moment."), _WAIT),
    "connection_lost": (gettext_noop("The connection to “%(host)s” broke."), _WAIT),
    "protocol_violation": (
        gettext_noop("The server answered something that makes no sense for a mail server."),
        gettext_noop("Check name and port. If they are right, tell the server's administrator."),
    ),
    "command_refused": (
        gettext_noop("The server refused a command that should have worked (%(command)s)."),
        _WAIT,
    ),
    "removal_not_offered": (
        gettext_noop("The server “%(host)s” cannot remove single letters safely, so none are removed there."),
        gettext_noop("Switch off the options that remove letters from the server, or delete them with your mail program."),
    ),
    "folder_missing": (
        gettext_noop("The folder “%(folder)s” is not on the server any more, or cannot be opened."),
        gettext_noop("Letters archived from it stay. Choose other folders in the account's settings if it is gone for good."),
    ),
    "unusable_name": (
        gettext_noop("A name holds characters that cannot be sent to a server (%(what)s)."),
        gettext_noop("Enter it again without line breaks and control characters, or rename the folder."),
    ),
    "files_missing": (
        gettext_noop("The mail files at “%(path)s” cannot be read: %(reason)s."),
        gettext_noop("Check the path and whether the account that Mooring runs under may read it."),
    ),
    "sign_in_again": (
        gettext_noop("The permission that Mooring had from %(provider)s for this mailbox is gone."),
        gettext_noop("Sign in with the provider again on the account's page. Letters to be sent wait until then."),
    ),
    "password_not_remembered": (
        gettext_noop("The password of “%(user)s” is not stored, and nobody has entered it since Mooring was started."),
        gettext_noop("Enter it on the account's page; it stays in memory only."),
    ),
    "letter_refused": (
        gettext_noop("The server did not take the letter (%(reply_code)s %(status)s)."),
        gettext_noop("What the server said tells why. A passing trouble is tried again by itself."),
    ),
    "all_recipients_refused": (
        gettext_noop("The server took the letter for none of its recipients."),
        gettext_noop("Check the addresses; each one says what the server answered."),
    ),
    "fate_unknown": (
        gettext_noop("The connection to “%(host)s” broke at a moment when the server may have accepted the letter already."),
        gettext_noop("Look into the Sent folder, or ask a recipient, before you send it again."),
    ),
    "restored": (
        gettext_noop("A backup was restored that was made before this letter left, or while it was leaving."),
        gettext_noop("Look into the Sent folder, or ask a recipient, before you send it again."),
    ),
    "disk_full": (
        gettext_noop(
            "There is no room left on the disk for the bytes of letters. Nothing is lost: they are still on the server."
        ),
        gettext_noop("An administrator must make room; Mooring goes on by itself then."),
    ),
    "disk_nearly_full": (
        gettext_noop("The disk is nearly full, so no letters are fetched. Nothing is lost: they are still on the server."),
        gettext_noop("An administrator must make room; Mooring goes on by itself then."),
    ),
    "too_many_waiting": (
        gettext_noop("This folder is read when fewer letters of other folders wait."),
        gettext_noop("Mooring goes on by itself; there is nothing to do."),
    ),
    "not_kept": (
        gettext_noop("The bytes of letters could not be written down safely: %(reason)s"),
        gettext_noop("An administrator must look after the folder of originals; Mooring goes on by itself then."),
    ),
    "no_database": (
        gettext_noop("The database did not answer. Nothing is lost: letters that are not archived yet are still on the server."),
        gettext_noop("Mooring goes on by itself. If this stays, an administrator must look after the database."),
    ),
    "no_reader": (
        gettext_noop("No process could be started to read letters in."),
        gettext_noop("The machine is probably out of memory or processes; an administrator can tell."),
    ),
    "no_key": (
        gettext_noop("The stored password cannot be opened: %(reason)s"),
        gettext_noop("Enter the password again, or restore the file of sealing keys."),
    ),
    "no_outgoing_server": (
        gettext_noop("No outgoing server is set up for this mail account, so that its letters wait."),
        gettext_noop("Enter one in the account's settings; the letters are sent then."),
    ),
    "not_readable": (
        gettext_noop("The bytes of this letter are missing or damaged: %(reason)s"),
        gettext_noop("Clear the error to get the letter back as a draft, and send it again. An administrator can tell more."),
    ),
    "unstable_ids": (
        gettext_noop("The server numbers the letters of this folder anew again and again."),
        gettext_noop("Mooring looks at it a few times a day only. Tell the server's administrator."),
    ),
    "killed": (
        gettext_noop("Reading this letter was begun three times and never ended."),
        gettext_noop("Try it again; if it fails again, download it with a mail program and report it."),
    ),
    "not_delivered": (
        gettext_noop("The server lists this letter but does not hand it out."),
        gettext_noop("Open it with your mail program. If it opens there, try again here."),
    ),
    "not_safe": (
        gettext_noop("The archived bytes of a letter cannot be read back, so it is not removed from the server."),
        gettext_noop("An administrator must look after the folder of originals."),
    ),
    "not_removed": (
        gettext_noop("The server keeps letters that it was asked to remove."),
        gettext_noop("Mooring tries again by itself. If this stays, delete them with your mail program."),
    ),
    "unstorable": (
        gettext_noop("The database refused this letter. The log of the worker says why."),
        gettext_noop("Please report it; an update may help, then try again."),
    ),
    "internal": (
        gettext_noop("Something went wrong inside Mooring. The log of the worker says what."),
        _WAIT,
    ),
}
