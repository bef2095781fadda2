"""Every method of moderation."""

from usi_fed.api.admin import accounts, domains, figures, gates, reports
from usi_fed.api.methods import Method

METHODS: list[Method] = [
    *accounts.METHODS,
    *reports.METHODS,
    *domains.METHODS,
    *gates.METHODS,
    *figures.METHODS,
]
