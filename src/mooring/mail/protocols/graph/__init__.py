"""Microsoft Graph for mail (Outlook.com, Microsoft 365): receiving, finding, removing and sending letters."""

from mooring.mail.protocols.graph.mailbox import GraphMailbox
from mooring.mail.protocols.graph.sending import GraphSender

__all__ = ["GraphMailbox", "GraphSender"]
