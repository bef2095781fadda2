"""Making accounts, signing in and out, invitations, tokens."""

from datetime import UTC, datetime, timedelta

import pytest

from usi_fed.accounts.coming_back import change_and_sign_out
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.tries import BRAKE_SECONDS, QUICK_TRIES_PER_ACCOUNT, TRIES_PER_ACCOUNT_AND_NETWORK
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooManyRequests

PASSWORD = "correct horse battery"


class Watch:
    """A clock that a test moves by hand."""

    def __init__(self):
        self.moment = datetime(2026, 5, 1, tzinfo=UTC)

    def __call__(self):
        return self.moment


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def accounts(database, watch):
    return Accounts(database, clock=watch)


@pytest.fixture
async def ada(accounts, adding):
    return await accounts.create(adding("ada"), PASSWORD, email="Ada@Union.example")


async def test_a_person_signs_in_by_name_or_by_address_in_any_case(accounts, ada):
    for login in ("ada", "@Ada", "ADA@union.example", " ada@union.EXAMPLE "):
        assert (await accounts.log_in(login, PASSWORD, "192.0.2.1")).actor_id == ada.actor_id


async def test_a_wrong_password_is_refused(accounts, ada):
    with pytest.raises(NotAllowed):
        await accounts.log_in("ada", "wrong horse battery", "192.0.2.1")


async def test_nobody_signs_in_as_somebody_who_is_not_here(accounts):
    with pytest.raises(NotAllowed):
        await accounts.log_in("nobody", "nobody's password", "192.0.2.1")


async def try_wrongly(accounts, times, address, login="ada"):
    for _ in range(times):
        with pytest.raises(NotAllowed):
            await accounts.log_in(login, "wrong horse battery", address)


async def test_too_many_wrong_passwords_shut_the_door_even_for_the_right_one(accounts, ada):
    await try_wrongly(accounts, TRIES_PER_ACCOUNT_AND_NETWORK, "192.0.2.1")
    with pytest.raises(TooManyRequests):
        await accounts.log_in("ada", PASSWORD, "192.0.2.1")


async def test_somebody_who_guesses_does_not_lock_the_owner_out_who_is_elsewhere(accounts, ada):
    await try_wrongly(accounts, TRIES_PER_ACCOUNT_AND_NETWORK, "192.0.2.1")
    assert await accounts.log_in("ada", PASSWORD, "192.0.2.2")


async def test_name_and_email_address_of_an_account_have_one_budget(accounts, ada):
    await try_wrongly(accounts, TRIES_PER_ACCOUNT_AND_NETWORK, "192.0.2.1")
    with pytest.raises(TooManyRequests):
        await accounts.log_in("ada@union.example", PASSWORD, "192.0.2.1")


async def test_one_ipv6_network_is_one_guesser(accounts, ada):
    await try_wrongly(accounts, TRIES_PER_ACCOUNT_AND_NETWORK, "2001:db8::1")
    with pytest.raises(TooManyRequests):
        await accounts.log_in("ada", PASSWORD, "2001:db8::2")
    assert await accounts.log_in("ada", PASSWORD, "2001:db8:0:1::1")


async def test_guesses_from_many_networks_make_signing_in_slow_but_not_impossible(database, ada):
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    accounts = Accounts(database, pause=pause)
    for number in range(QUICK_TRIES_PER_ACCOUNT):
        await try_wrongly(accounts, 1, f"192.0.2.{number}")
    assert pauses == []
    assert await accounts.log_in("ada", PASSWORD, "198.51.100.1")
    assert pauses == [BRAKE_SECONDS]


async def test_one_address_cannot_try_many_accounts(accounts):
    with pytest.raises(TooManyRequests):
        for number in range(60):
            with pytest.raises(NotAllowed):
                await accounts.log_in(f"member{number}", PASSWORD, "192.0.2.1")


async def test_without_rate_limits_there_are_as_many_tries_as_one_likes(database, adding):
    accounts = Accounts(database, rate_limits=False)
    await accounts.create(adding("ada"), PASSWORD)
    for _ in range(TRIES_PER_ACCOUNT_AND_NETWORK + 1):
        with pytest.raises(NotAllowed):
            await accounts.log_in("ada", "wrong horse battery", "192.0.2.1")


async def test_a_short_password_is_refused(accounts, adding):
    with pytest.raises(InvalidInput, match="8 to 256"):
        await accounts.create(adding("bob"), "short")


async def test_an_address_that_cannot_be_one_is_refused(accounts, adding):
    with pytest.raises(InvalidInput, match="email"):
        await accounts.create(adding("bob"), PASSWORD, email="not an address")


async def test_a_second_account_with_an_address_is_refused_and_leaves_no_actor(accounts, ada, adding):
    with pytest.raises(Conflict):
        await accounts.create(adding("bob"), PASSWORD, email="ada@union.example")
    await accounts.create(adding("bob"), PASSWORD)


async def test_a_session_knows_its_account_until_it_is_closed(accounts, ada):
    secret = await accounts.open_session(ada.actor_id)
    assert (await accounts.find_session(secret)).actor_id == ada.actor_id
    await accounts.close_session(secret)
    assert await accounts.find_session(secret) is None


async def test_sessions_are_listed_with_the_day_of_their_last_use_and_ended_by_their_owner_only(
    accounts, ada, adding, watch
):
    eve = await accounts.create(adding("eve"), PASSWORD)
    secrets = [await accounts.open_session(ada.actor_id, words) for words in ("Firefox Android", "")]
    watch.moment += timedelta(days=2, hours=3)
    await accounts.find_session(secrets[0])
    found = {session.browser: session for session in await accounts.sessions_of(ada.actor_id)}
    assert found["firefox/android"].used_on == datetime(2026, 5, 3, tzinfo=UTC)
    assert found[None].used_on == datetime(2026, 5, 1, tzinfo=UTC)
    await accounts.end_session(eve.actor_id, found[None].token_hash)
    assert await accounts.find_session(secrets[1]) is not None
    await accounts.end_session(ada.actor_id, found[None].token_hash)
    assert await accounts.find_session(secrets[1]) is None
    watch.moment += timedelta(days=12)
    assert await accounts.sessions_of(ada.actor_id) == []


async def test_a_session_runs_out(accounts, ada, watch):
    secret = await accounts.open_session(ada.actor_id)
    watch.moment += timedelta(days=15)
    assert await accounts.find_session(secret) is None


async def test_disabling_an_account_ends_its_sessions_and_tokens_at_once(accounts, database, ada, watch):
    session = await accounts.open_session(ada.actor_id)
    token = await accounts.issue_token(ada.actor_id, None, "read")
    assert await accounts.find_token(token)
    await database.write(change_and_sign_out, ada.actor_id, watch.moment, disabled_at=watch.moment)
    accounts.forget_tokens()
    assert await accounts.find_session(session) is None
    assert await accounts.find_token(token) is None
    with pytest.raises(NotAllowed, match="disabled"):
        await accounts.log_in("ada", PASSWORD, "192.0.2.1")


async def test_a_token_names_its_account_role_and_scopes(accounts, ada):
    credential = await accounts.find_token(await accounts.issue_token(ada.actor_id, None, "read write:statuses"))
    assert (credential.actor_id, credential.role) == (ada.actor_id, "member")
    assert credential.scopes == {"read", "write:statuses"}


async def test_an_unknown_token_proves_nothing(accounts, ada):
    assert await accounts.find_token("made-up") is None


async def test_the_set_up_link_makes_one_administrator_and_no_second(accounts, adding):
    code = await accounts.invite_first_admin()
    account = await accounts.create_invited(code, adding("ada"), PASSWORD)
    assert account.role == "admin"
    with pytest.raises(NotFound):
        await accounts.create_invited(code, adding("bob"), PASSWORD)


async def test_the_set_up_link_holds_when_somebody_else_was_here_first(accounts, adding):
    code = await accounts.invite_first_admin()
    assert (await accounts.create(adding("ada"), PASSWORD)).role == "member"
    assert (await accounts.create_invited(code, adding("bob"), PASSWORD)).role == "admin"
    assert await accounts.find_invitation(await accounts.invite_first_admin()) is None


async def test_an_old_set_up_link_does_not_hold_again_when_the_administrator_goes(accounts, adding, database, watch):
    code = await accounts.invite_first_admin()
    ada = await accounts.create(adding("ada"), PASSWORD, role="admin")
    await database.write(change_and_sign_out, ada.actor_id, watch.moment, disabled_at=watch.moment)
    assert await accounts.find_invitation(code) is None
    assert await accounts.find_invitation(await accounts.invite_first_admin())


async def test_the_set_up_link_makes_nobody_once_somebody_is_an_administrator(accounts, adding):
    code = await accounts.invite_first_admin()
    ada = await accounts.create(adding("ada"), PASSWORD, role="admin")
    late = await accounts.invite_first_admin()
    for stale in (code, late):
        assert await accounts.find_invitation(stale) is None
        with pytest.raises(NotFound):
            await accounts.create_invited(stale, adding("bob"), PASSWORD)
    invited = await accounts.invite("admin", invited_by=ada.actor_id)
    assert (await accounts.create_invited(invited, adding("bob"), PASSWORD)).role == "admin"


async def test_a_new_set_up_link_ends_the_older_one(accounts, adding):
    old = await accounts.invite_first_admin()
    new = await accounts.invite_first_admin()
    assert await accounts.find_invitation(old) is None
    assert (await accounts.find_invitation(new)).role == "admin"


async def test_an_invitation_runs_out(accounts, watch, adding):
    code = await accounts.invite(lifetime=timedelta(days=1))
    watch.moment += timedelta(days=2)
    with pytest.raises(NotFound):
        await accounts.create_invited(code, adding("bob"), PASSWORD)
