"""JMAP for mail (RFC 8620 and 8621): receiving, keeping, removing and sending letters."""

from mooring.mail.protocols.jmap.mailbox import JmapMailbox
from mooring.mail.protocols.jmap.sending import JmapSender

__all__ = ["JmapMailbox", "JmapSender"]
