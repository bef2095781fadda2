"""What other servers ask about our organisations: the table of the room's routes."""

from starlette.routing import Route

from usi_fed.unions import affiliation_endpoints, directory_endpoints

routes: list[Route] = [*affiliation_endpoints.routes, *directory_endpoints.routes]
