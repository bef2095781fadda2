"""Officers decide who joins: yes makes the account, no drops what was asked. Who gave an address gets a mail."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from usi_fed.accounts import store
from usi_fed.accounts.elsewhere.model import keyed_identity
from usi_fed.accounts.elsewhere.service import linked_account
from usi_fed.accounts.join_requests_store import get_request, take_request
from usi_fed.accounts.letters import Courier, Letter
from usi_fed.accounts.linked_store import add_linked
from usi_fed.accounts.model import Account, JoinRequest
from usi_fed.actors.service import Actors, LocalActor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Decision
from usi_fed.sentences import Sentence
from usi_fed.translation import find_language, gettext, reader, speaking
from usi_fed.urls import Urls


class Approving:
    """Decides about those who wait."""

    def __init__(
        self,
        database: Database,
        actors: Actors,
        courier: Courier,
        urls: Urls,
        clock: Clock,
        *,
        server: Callable[[], str],
    ) -> None:
        self._database = database
        self._actors = actors
        self._courier = courier
        self._urls = urls
        self._clock = clock
        self._server = server

    async def approve(self, request_id: int, decision: Decision) -> Account:
        """Make the account that somebody asked for, and tell them if there is an address.

        Raises:
            NotFound: nobody waits under this number, or somebody has decided already.
            Conflict: the name, the e-mail address or the account elsewhere was taken meanwhile.
        """
        request = await self._database.read(get_request, request_id)
        draft = await self._actors.prepare_local(request.username, name=request.name)
        account = await self._database.write(_approve, self._clock, request_id, draft, decision)
        self._tell(request, is_in=True)
        return account

    async def reject(self, request_id: int, decision: Decision) -> JoinRequest:
        """Drop what somebody asked for, with all that they told, and tell them if there is an address.

        Raises:
            NotFound: nobody waits under this number, or somebody has decided already.
        """
        request = await self._database.write(_reject, self._clock, request_id, decision)
        self._tell(request, is_in=False)
        return request

    def _tell(self, request: JoinRequest, *, is_in: bool) -> None:
        if request.email is None:
            return
        with speaking(replace(reader(), language=find_language(request.locale) or reader().language)):
            letter = self._words(request, request.email, is_in=is_in)
        self._courier.send(letter)

    def _words(self, request: JoinRequest, address: str, *, is_in: bool) -> Letter:
        handle = f"@{request.username}@{self._urls.handles}"
        if not is_in:
            subject = gettext("Your request to join %(server)s", server=self._server())
            no = gettext(
                "You asked for the account %(handle)s on %(server)s. It was decided not to make it. What you wrote has "
                "been deleted.",
                handle=handle,
                server=self._server(),
            )
            return Letter(address, subject, f"{no}\n")
        subject = gettext("Welcome to %(server)s", server=self._server())
        yes = (
            gettext("Your account %(handle)s is ready. Sign in with your account elsewhere here:", handle=handle)
            if request.password_hash is None
            else gettext("Your account %(handle)s is ready. Sign in with your password here:", handle=handle)
        )
        return Letter(address, subject, f"{yes}\n\n{self._urls.origin}/log-in\n")


def _approve(connection: Connection, clock: Clock, request_id: int, draft: LocalActor, decision: Decision) -> Account:
    request, now = take_request(connection, request_id), clock()
    try:
        actor_id = draft(connection)
    except InvalidInput as error:
        raise Conflict(
            Sentence("Somebody else has got this name meanwhile. Say no, so that the person can ask anew.")
        ) from error
    account = Account(
        actor_id, request.email, request.password_hash, "member", True, None, request.locale, {}, now, None
    )
    store.add_account(connection, account)
    if request.elsewhere:
        identity = keyed_identity(request.elsewhere, request.label)
        if not add_linked(connection, linked_account(actor_id, identity, now)._replace(used_on=None)):
            raise Conflict(
                Sentence("The account elsewhere with which this person signs in has an account here by now.")
            )
    log_act(connection, decision.by, "join approved", f"@{request.username}", now, reason=decision.reason)
    return account


def _reject(connection: Connection, clock: Clock, request_id: int, decision: Decision) -> JoinRequest:
    request = take_request(connection, request_id)
    log_act(connection, decision.by, "join rejected", f"@{request.username}", clock(), reason=decision.reason)
    return request
