"""`/api/usi/v1`: what a movement needs and Mastodon's API has no methods for. Described by `openapi.py`."""
