"""Reading across rooms: reports, each a function from what was asked to columns, rows and charts. Writes nothing."""
