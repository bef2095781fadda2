"""All SQL about people who want an account here and wait for an officer."""

from sqlalchemy import Connection, delete, func, or_, select

from usi_fed.accounts.model import JoinRequest
from usi_fed.accounts.tables import accounts, join_requests
from usi_fed.actors.service import check_free
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.sentences import Sentence


def add_request(connection: Connection, request: JoinRequest) -> JoinRequest:
    """Store a request, as it is stored: without an address that belongs to an account, or to another request.

    Raises:
        InvalidInput: somebody has the name, or waits with it.
    """
    waits = connection.execute(select(join_requests.c.id).where(join_requests.c.username == request.username)).first()
    check_free(connection, request.username)
    if waits is not None:
        raise InvalidInput("username", Sentence("is taken"))
    if request.email and _is_known(connection, request.email):
        request = request._replace(email=None)
    added = insert(connection, join_requests).values(request._asdict()).on_conflict_do_nothing()
    if not connection.execute(added).rowcount:
        raise InvalidInput("username", Sentence("is taken"))  # at this very moment
    return request


def _is_known(connection: Connection, email: str) -> bool:
    mine = (select(table.c.email).where(table.c.email == email) for table in (accounts, join_requests))
    return any(connection.execute(one).first() for one in mine)


def find_request_by_login(connection: Connection, login: str) -> JoinRequest | None:
    """The request with this user name or e-mail address, in any case of letters, or None."""
    login = login.strip().lower()
    fits = or_(join_requests.c.username == login.removeprefix("@"), join_requests.c.email == login)
    row = connection.execute(select(join_requests).where(fits)).first()
    return JoinRequest(*row) if row else None


def find_request_from(connection: Connection, elsewhere: str) -> JoinRequest | None:
    """The request of whoever has this account elsewhere (`Identity.key`), or None."""
    row = connection.execute(select(join_requests).where(join_requests.c.elsewhere == elsewhere)).first()
    return JoinRequest(*row) if row else None


def get_request(connection: Connection, request_id: int) -> JoinRequest:
    """The request with this id.

    Raises:
        NotFound: there is none, or somebody has decided about it.
    """
    row = connection.execute(select(join_requests).where(join_requests.c.id == request_id)).first()
    if row is None:
        raise NotFound(f"There is no request {request_id}.")
    return JoinRequest(*row)


def take_request(connection: Connection, request_id: int) -> JoinRequest:
    """The request, which waits no longer.

    Raises:
        NotFound: there is none, or somebody has decided about it.
    """
    gone = delete(join_requests).where(join_requests.c.id == request_id).returning(*join_requests.c)
    row = connection.execute(gone).first()
    if row is None:
        raise NotFound(f"There is no request {request_id}.")
    return JoinRequest(*row)


def requests_page(connection: Connection, window: Window) -> list[JoinRequest]:
    """Who waits, newest first."""
    rows = connection.execute(windowed(select(join_requests), join_requests.c.id, window)).all()
    return [JoinRequest(*row) for row in newest_first(rows, window)]


def count_requests(connection: Connection) -> int:
    """How many wait."""
    return connection.execute(select(func.count()).select_from(join_requests)).scalar_one()
