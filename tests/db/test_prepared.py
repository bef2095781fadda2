"""Prepared statements give what SQLAlchemy's own execution gives, on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from usi_fed.db.database import Database
from usi_fed.db.prepared import NewRows, Prepared
from usi_fed.moderation.tables import audit_log, domain_rules

AT = datetime(2026, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC)
_ALL = select(domain_rules).where(domain_rules.c.created_at >= bindparam("since", type_=domain_rules.c.created_at.type))
_SHUT = (
    update(domain_rules).where(domain_rules.c.domain == bindparam("name")).values(severity="suspend", obfuscate=True)
)


def _rule(number: int, **more: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "domain": f"d{number}.example",
        "severity": "silence",
        "reject_media": number % 2 == 0,
        "reject_reports": False,
        "public_comment": "",
        "private_comment": "",
        "obfuscate": False,
        "created_at": AT,
    }
    return {**row, **more}


async def test_rows_come_back_as_sqlalchemy_gives_them(database: Database) -> None:
    new, prepared = NewRows(domain_rules), Prepared(_ALL)

    def unit(connection: Connection) -> tuple[Sequence[Any], Sequence[Any]]:
        new.add_many(connection, [_rule(1), _rule(2)])
        return prepared.all(connection, {"since": AT}), connection.execute(_ALL, {"since": AT}).all()

    mine, usual = await database.write(unit)
    assert [tuple(row) for row in mine] == [tuple(row) for row in usual]
    assert mine[1][3] is True
    assert mine[0][list(domain_rules.c).index(domain_rules.c.created_at)] == AT


async def test_a_row_that_is_there_is_left_alone(database: Database) -> None:
    new = NewRows(domain_rules)

    def unit(connection: Connection) -> tuple[bool, bool, str]:
        first = new.add(connection, _rule(1))
        second = new.add(connection, _rule(2, domain="d1.example", severity="suspend"))
        return first, second, connection.execute(select(domain_rules.c.severity)).scalar_one()

    assert await database.write(unit) == (True, False, "silence")


async def test_constants_in_a_statement_are_part_of_it(database: Database) -> None:
    prepared, new = Prepared(_SHUT), NewRows(domain_rules)

    def unit(connection: Connection) -> tuple[int, int, Any]:
        new.add(connection, _rule(1))
        changed, missed = (prepared.run(connection, {"name": name}) for name in ("d1.example", "no.example"))
        return changed, missed, connection.execute(select(domain_rules.c.severity, domain_rules.c.obfuscate)).one()

    changed, missed, row = await database.write(unit)
    assert (changed, missed, tuple(row)) == (1, 0, ("suspend", True))


async def test_json_and_empty_values_survive(database: Database) -> None:
    add = Prepared(audit_log.insert(), audit_log.c.keys())
    read = Prepared(select(audit_log.c.detail, audit_log.c.actor_id))

    def unit(connection: Connection) -> list[tuple[Any, ...]]:
        for number, detail in enumerate(({"a": [1, "ü"]}, None), start=1):
            row = {"id": number, "actor_id": None, "action": "x", "target": "y", "detail": detail, "at": AT}
            add.run(connection, row)
        return sorted((tuple(row) for row in read.all(connection, {})), key=repr)

    assert await database.write(unit) == [(None, None), ({"a": [1, "ü"]}, None)]


async def test_what_the_database_refuses_is_the_usual_error(database: Database) -> None:
    add = Prepared(domain_rules.insert(), domain_rules.c.keys())

    def unit(connection: Connection) -> None:
        add.run(connection, _rule(1))
        add.run(connection, _rule(1))

    with pytest.raises(IntegrityError):
        await database.write(unit)
    assert await database.read(lambda connection: connection.execute(select(domain_rules.c.id)).all()) == []


async def test_first_is_none_where_there_is_nothing(database: Database) -> None:
    prepared = Prepared(_ALL)
    assert await database.read(prepared.first, {"since": AT}) is None
