"""Builds the house from Settings, once."""

from usi_fed.wiring.house import House
from usi_fed.wiring.opening import open_house
from usi_fed.wiring.work import background_of, drainers_of

__all__ = ["House", "background_of", "drainers_of", "open_house"]
