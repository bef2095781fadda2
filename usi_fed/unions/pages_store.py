"""All SQL about the pages of organisations' own sites."""

from typing import Any

from sqlalchemy import Connection, delete, select, update

from usi_fed.unions.model import OrganisationPage
from usi_fed.unions.tables import organisation_pages

_IN_ORDER = (organisation_pages.c.position, organisation_pages.c.id)


def pages_of(connection: Connection, organisation_id: int) -> list[OrganisationPage]:
    """All pages of an organisation, as they stand in the row."""
    statement = select(organisation_pages).where(organisation_pages.c.organisation_id == organisation_id)
    return [OrganisationPage(*row) for row in connection.execute(statement.order_by(*_IN_ORDER))]


def find_page(connection: Connection, organisation_id: int, slug: str) -> OrganisationPage | None:
    """A page by its name in addresses."""
    statement = select(organisation_pages).where(
        organisation_pages.c.organisation_id == organisation_id, organisation_pages.c.slug == slug
    )
    row = connection.execute(statement).first()
    return None if row is None else OrganisationPage(*row)


def add_page(connection: Connection, page: OrganisationPage) -> None:
    """Store a new page."""
    connection.execute(organisation_pages.insert().values(page._asdict()))


def change_page(connection: Connection, page_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    """Change columns of a page."""
    connection.execute(update(organisation_pages).where(organisation_pages.c.id == page_id).values(values))


def clear_front(connection: Connection, organisation_id: int) -> None:
    """No page of an organisation opens its site."""
    statement = update(organisation_pages).where(organisation_pages.c.organisation_id == organisation_id)
    connection.execute(statement.values(is_front=False))


def remove_page(connection: Connection, page_id: int) -> None:
    """A page is gone."""
    connection.execute(delete(organisation_pages).where(organisation_pages.c.id == page_id))
