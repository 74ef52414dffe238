"""Polish dates with dots, as people write them: 1.12.2026, not 01-12-2026."""

SHORT_DATE_FORMAT = "j.m.Y"
SHORT_DATETIME_FORMAT = "j.m.Y, H:i"
