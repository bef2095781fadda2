"""Pages for administrators: how the server shows itself, who is invited, what waits, storage, backups, health."""
