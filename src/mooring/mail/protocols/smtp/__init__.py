"""SMTP (RFC 5321) as a mail program speaks it to its provider's submission server (RFC 6409)."""

from mooring.mail.protocols.smtp.outgoing import SmtpOutgoing

__all__ = ("SmtpOutgoing",)
