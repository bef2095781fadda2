"""Sealed notes: what only named people here can read, and neither the database nor a backup can."""
