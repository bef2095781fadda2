"""What a database raises that cannot be used."""


def database_faults(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """The errors of a database that is away, damaged or not ours, and `others` that are handled with them.

    To be called in an `except`: only then are the drivers needed, and a server on one file does not wait at its start
    for PostgreSQL's.
    """
    from asyncpg import PostgresError  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    return SQLAlchemyError, PostgresError, OSError, *others
