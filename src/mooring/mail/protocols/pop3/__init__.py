"""POP3 with the extensions of RFC 2449, 2595, 3206 and 5034."""

from mooring.mail.protocols.pop3.mailbox import Pop3Mailbox

__all__ = ["Pop3Mailbox"]
