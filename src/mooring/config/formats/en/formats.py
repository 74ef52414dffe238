"""English without 12/01/2026, which is another day on each side of the Atlantic."""

SHORT_DATE_FORMAT = "N j, Y"
SHORT_DATETIME_FORMAT = "N j, Y, P"
