"""What the methods share besides the house: memories that live as long as the process."""

from datetime import timedelta

from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.api.entities.instance import InstanceFacts
from usi_fed.api.house import House
from usi_fed.api.loading import Statuses

FACTS_LIFETIME = timedelta(minutes=5)


class Tools:
    """One set per process."""

    def __init__(self, house: House) -> None:
        self.statuses = Statuses(house.urls, house.clock)
        self.facts: ExpiringMap[int, InstanceFacts] = ExpiringMap(1, FACTS_LIFETIME)
