"""Who is named in a request."""

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence
from usi_fed.unions.finding import find_named
from usi_fed.urls import Urls


def get_person(connection: Connection, named: str, urls: Urls) -> Actor:
    """The person who has this id or handle.

    Raises:
        InvalidInput: nobody who is known here has it.
    """
    person = find_named(connection, named, urls)
    if person is None or person.is_shut_out or person.kind != "Person":
        raise InvalidInput("person", Sentence("must be the id or the handle of somebody who is known here"))
    return person
