"""Mooring: a self-hosted CRM built around the mailbox."""

__version__ = "0.1.0"
