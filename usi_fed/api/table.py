"""Every method of the client API, group by group."""

from usi_fed.api import oauth, oauth_pages
from usi_fed.api.methods import Method

METHODS: list[Method] = [
    *oauth.METHODS,
    *oauth_pages.METHODS,
]
