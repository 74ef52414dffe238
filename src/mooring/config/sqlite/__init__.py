"""Django's SQLite, told what it would find out at a moment at which it may be mistaken."""
