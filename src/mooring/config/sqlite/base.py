"""The database backend that DATABASES names for SQLite; Django wants it in a module of this name."""

from __future__ import annotations

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    """Knows that SQLite has JSON functions (every one since 3.38, and before it those that Python is built with).

    Django asks the database once for each connection and takes "database is locked" for a no: since transactions begin with
    BEGIN IMMEDIATE, a connection whose first page met a long write could show no card until it was closed.
    """

    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, with these features."""

    features_class = DatabaseFeatures
