"""How a group of ours is led: who comes in, who may post, its rules; as a unit of work."""

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.groups import store
from usi_fed.groups.model import JOINED_BY_FOLLOWING, Admission, Group, Posting
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import update_profile
from usi_fed.sentences import Sentence
from usi_fed.text.compose import MARKDOWN, render
from usi_fed.text.plain import clean_typed
from usi_fed.unions.offices import require_permission

LONGEST_RULES = 10_000
LONGEST_HOW = 500


def our_group(connection: Connection, group_id: int) -> tuple[Group, Actor]:
    """A living group of ours, and how it is led.

    Raises:
        NotFound: there is none with this id.
    """
    group = get_actor(connection, group_id)
    led = store.find_group(connection, group)
    if led is None or group.is_shut_out:
        raise NotFound(f"{group_id} is no group of ours")
    return led, group


def set_up(
    connection: Connection,
    desk: Desk,
    group_id: int,
    by: int | None,
    *,
    admission: Admission | None = None,
    posting: Posting | None = None,
    rules: str | None = None,
    how: str | None = None,
    concealed: bool | None = None,
) -> Group:
    """Choose how a group is led; what is None stays. `rules` are Markdown, `how` one takes part is plain text.

    Raises:
        NotAllowed: `by` does not govern the group, or would show alone what is hidden.
        NotFound: there is no such group.
        InvalidInput: too long, or a network of workers that anybody could enter.
    """
    require_permission(connection, by, group_id, "govern")
    led, group = our_group(connection, group_id)
    if concealed is False and group.concealed and by is not None:
        raise NotAllowed(Sentence("To show what is hidden needs two people: propose it."))
    kind = store.kind_of(connection, group)
    if kind == "EmployerNetwork" and admission not in (None, "ask"):
        raise InvalidInput("admission", Sentence("of a network of workers is always by asking: employers read along"))
    _check_length("rules", rules, LONGEST_RULES)
    _check_length("how", how, LONGEST_HOW)
    chosen = led._replace(
        admission=admission or led.admission,
        posting=posting or led.posting,
        how=led.how if how is None else clean_typed(how),
        rules_source=led.rules_source if rules is None else rules,
        rules=led.rules if rules is None else render(rules, MARKDOWN, {}, desk.urls.tag).strip(),
    )
    store.put_group(connection, chosen)
    is_locked = kind in JOINED_BY_FOLLOWING and chosen.admission != "open"
    changes = {"locked": is_locked} | ({} if concealed is None else {"concealed": concealed})
    if any(getattr(group, name) != value for name, value in changes.items()):
        update_profile(connection, desk, group.id, changes)
    log_act(
        connection,
        by,
        "group settings",
        f"@{group.handle}",
        desk.now,
        group.id,
        admission=admission,
        posting=posting,
        rules="changed" if rules is not None else None,
        concealed=None if concealed is None else ("yes" if concealed else "no"),
    )
    return chosen


def _check_length(field: str, text: str | None, most: int) -> None:
    if text is not None and len(text) > most:
        raise InvalidInput(field, Sentence("may have at most %(most)s characters", most=most))
