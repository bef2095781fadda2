"""Keeping the house: reports, domains and people limited or shut out, and the log of who did what."""
