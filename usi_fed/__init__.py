"""USI Fed: the social network that trade unions host themselves, an ActivityPub server."""

__version__ = "0.1.0"
