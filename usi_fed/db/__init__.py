"""One store for two databases: the engines, the unit of work and the column types."""
