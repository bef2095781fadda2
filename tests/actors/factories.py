"""Actors for tests."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.actors import store
from usi_fed.actors.model import Actor

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def remote_values(name: str, host: str = "there.example", /, **more: Any) -> dict[str, Any]:
    """The columns of an actor of another server."""
    uri = f"https://{host}/users/{name}"
    return {
        "uri": uri,
        "kind": "Person",
        "username": name,
        "domain": host,
        "host": host,
        "inbox": f"{uri}/inbox",
        "shared_inbox": f"https://{host}/inbox",
        "published": START,
        "fetched_at": START,
        **more,
    }


def local_values(name: str, /, **more: Any) -> dict[str, Any]:
    """The columns of an actor of ours."""
    uri = f"https://here.example/users/{name}"
    return {
        "uri": uri,
        "kind": "Person",
        "username": name,
        "inbox": f"{uri}/inbox",
        "shared_inbox": "https://here.example/inbox",
        "followers_uri": f"{uri}/followers",
        "published": START,
        **more,
    }


def add_remote(connection: Connection, name: str, host: str = "there.example", /, **more: Any) -> Actor:
    return store.add_actor(connection, remote_values(name, host, **more))


def add_local(connection: Connection, name: str, /, **more: Any) -> Actor:
    return store.add_actor(connection, local_values(name, **more))
