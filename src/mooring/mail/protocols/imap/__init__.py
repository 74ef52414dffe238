"""IMAP4rev1 with the extensions that matter for keeping an archive: QRESYNC, CONDSTORE, ESEARCH, LIST-STATUS, IDLE."""

from mooring.mail.protocols.imap.mailbox import ImapMailbox

__all__ = ["ImapMailbox"]
