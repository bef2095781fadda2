"""Finding posts by their words: FTS5 on SQLite, tsvector on PostgreSQL."""
