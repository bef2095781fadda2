"""Posts of other servers' people, as they arrive."""

from usi_fed.clock import new_id, now
from usi_fed.posts.store import add_post, add_tags
from usi_fed.timelines.service import post_arrived


def add_arrived(connection, author, *tags, **more):
    """A public post with hashtags, shown to its readers."""
    post_id, at = new_id(), now()
    values = {
        "id": post_id,
        "uri": f"{author.uri}/posts/{post_id}",
        "kind": "Note",
        "author_id": author.id,
        "local": author.is_local,
        "visibility": "public",
        "published": at,
        "thread_id": post_id,
        **more,
    }
    post = add_post(connection, values)
    add_tags(connection, post, {tag: tag for tag in tags})
    post_arrived(connection, post, author, at)
    return post
