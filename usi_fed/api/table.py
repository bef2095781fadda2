"""Every method of the client API, group by group."""

from usi_fed.api import (
    accounts,
    conversations,
    credentials,
    instance,
    lists,
    markers,
    media,
    nothing,
    notifications,
    oauth,
    oauth_pages,
    reactions,
    relations,
    reports,
    search,
    statuses,
    tags,
    timelines,
)
from usi_fed.api.methods import Method

METHODS: list[Method] = [
    *oauth.METHODS,
    *oauth_pages.METHODS,
    *instance.METHODS,
    *accounts.METHODS,
    *credentials.METHODS,
    *relations.METHODS,
    *statuses.METHODS,
    *reactions.METHODS,
    *media.METHODS,
    *timelines.METHODS,
    *conversations.METHODS,
    *lists.METHODS,
    *notifications.METHODS,
    *markers.METHODS,
    *search.METHODS,
    *tags.METHODS,
    *reports.METHODS,
    *nothing.METHODS,
]
