"""Ids that carry the time."""

import os
from datetime import UTC, datetime

from usi_fed.clock import moment_of, new_id

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_ids_of_one_moment_differ_and_tell_it():
    ids = [new_id(NOON) for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {moment_of(one) for one in ids} == {NOON}


def test_forks_do_not_give_the_ids_of_their_parent():
    """Celery's children are forks: what they stored in one millisecond took each other's place."""
    firsts = [_first_id_of_a_fork() for _ in range(4)]
    assert len({new_id(NOON), *firsts}) == 5


def _first_id_of_a_fork():
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(new_id(NOON)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as told:
        return int(told.read())
