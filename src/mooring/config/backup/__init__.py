"""Backups of an installation: made while it runs, proven, and brought back. Nothing here imports Django."""
