"""What rules do to the people who are known, on both databases."""

import pytest
from sqlalchemy.exc import OperationalError

from tests.actors.factories import add_local, add_remote
from tests.peer import until
from usi_fed.actors.follows_store import add_follow, find_follow
from usi_fed.actors.store import get_actor
from usi_fed.clock import now
from usi_fed.errors import InvalidInput
from usi_fed.moderation.domains import Domains, parse_rule_domain
from usi_fed.moderation.rulebook import without_port
from usi_fed.moderation.severing_store import PART


@pytest.fixture
async def domains(database):
    domains = Domains(database, now, ours=("fed.union.example", "union.example"))
    await domains.load()
    yield domains
    await domains.close()


class Faltering:
    """A database that cannot be read for a while."""

    def __init__(self, database):
        self._database = database
        self.is_away = False
        self.failures = 0
        self.reads = 0

    async def read(self, unit, *args):
        if self.is_away:
            self.failures += 1
            raise OperationalError("SELECT", None, Exception("away"))
        self.reads += 1
        return await self._database.read(unit, *args)


async def test_a_database_that_is_away_for_a_while_does_not_end_the_looking(database, domains):
    faltering = Faltering(database)
    other = Domains(faltering, now, look_again_seconds=0.01)
    await other.load()
    faltering.is_away = True
    await until(lambda: faltering.failures > 1)
    await put(domains, "spam.example")
    faltering.is_away, before = False, faltering.reads
    await until(lambda: faltering.reads > before + 3)
    assert not other.is_host_allowed("spam.example")
    await other.close()


def put(domains, domain, severity="suspend", **more):
    return domains.put({"domain": domain, "severity": severity, **more}, None)


async def standing(database, *people):
    found = [await database.read(get_actor, one.id) for one in people]
    return [("limited" * bool(one.silenced_at)) + ("suspended" * bool(one.suspended_at)) for one in found]


async def test_subdomains_ports_and_the_domains_of_handles_are_meant_too(database, domains):
    hosts = ("spam.example", "a.spam.example", "spam.example:8443", "notspam.example")
    people = [await database.write(add_remote, "x", host) for host in hosts]
    other = await database.write(add_remote, "y", "host.example", domain="spam.example")
    await put(domains, "spam.example")
    assert await standing(database, *people, other) == ["suspended"] * 3 + ["", "suspended"]


async def test_the_nearest_rule_counts_also_when_it_goes(database, domains):
    inner = await database.write(add_remote, "x", "a.b.example")
    outer = await database.write(add_remote, "x", "b.example")
    await put(domains, "b.example")
    await put(domains, "a.b.example", "silence")
    assert await standing(database, inner, outer) == ["limited", "suspended"]
    await domains.remove("a.b.example", None)
    assert await standing(database, inner, outer) == ["suspended", "suspended"]
    await put(domains, "b.example", "noop")
    assert await standing(database, inner, outer) == ["", ""]


async def test_changing_a_rule_keeps_what_is_not_named(domains):
    await put(domains, "b.example", "noop", reject_media=True, public_comment="Gore")
    changed = await put(domains, "b.example", "silence", reject_reports=True)
    assert (changed.severity, changed.reject_media, changed.reject_reports) == ("silence", True, True)
    assert changed.public_comment == "Gore"
    assert not domains.takes_media("b.example:443") and not domains.takes_reports("x.b.example")
    assert domains.is_host_allowed("b.example")


async def test_an_allow_list_shuts_out_who_is_not_on_it_and_its_end_frees_all_but_who_was_judged_alone(database):
    hosts = ("listed.example", "a.listed.example", "far.example", "spam.example")
    people = [await database.write(add_remote, "x", host) for host in hosts]
    judged = await database.write(add_remote, "bad", "far.example", suspended_at=now())
    modes = {only_listed: Domains(database, now, only_listed=only_listed) for only_listed in (True, False)}
    await put(modes[False], "listed.example", "allow")
    await put(modes[False], "spam.example")
    for _ in range(2):  # a second start changes nothing
        await modes[True].settle()
        assert await standing(database, *people, judged) == ["", "", "suspended", "suspended", "suspended"]
    await put(modes[True], "far.example", "silence")
    assert await standing(database, *people, judged) == ["", "", "limited", "suspended", "limitedsuspended"]
    await modes[True].remove("far.example", None)
    await modes[False].settle()
    assert await standing(database, *people, judged) == ["", "", "", "suspended", "suspended"]
    for one in modes.values():
        await one.close()


async def test_follows_with_who_is_not_listed_stay_for_the_day_on_which_they_are(database):
    ada = await database.write(add_local, "ada")
    far = await database.write(add_remote, "x", "far.example")
    follow = {"accepted": True, "at": now()}
    await database.write(lambda c: add_follow(c, ada.id, far.id, "https://here.example/f", **follow))
    domains = Domains(database, now, only_listed=True)
    await domains.settle()
    await put(domains, "listed.example", "allow")
    assert await database.read(find_follow, ada.id, far.id) is not None
    await domains.close()


async def test_many_follows_end_in_several_steps(database, domains):
    """More than fit into one transaction, in both directions."""

    def follow_all(connection):
        ada = add_local(connection, "ada")
        people = [add_remote(connection, f"x{number}", "spam.example") for number in range(PART + 5)]
        for one in people:
            for pair in ((ada.id, one.id), (one.id, ada.id)):
                add_follow(connection, *pair, f"https://here.example/{pair[0]}-{pair[1]}", accepted=True, at=now())
        return ada, people

    ada, people = await database.write(follow_all)
    await put(domains, "spam.example")
    left = [await database.read(find_follow, *pair) for one in people for pair in ((ada.id, one.id), (one.id, ada.id))]
    assert not any(left)
    assert (await database.read(get_actor, ada.id)).followers_count == 0


async def test_our_own_domain_is_never_ruled_out(domains):
    for domain in ("union.example", "FED.union.example", "example"):
        with pytest.raises(InvalidInput, match="own"):
            await put(domains, domain)
    with pytest.raises(InvalidInput, match="severity"):
        await put(domains, "far.example", "block")


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        (" Spam.Example. ", "spam.example"),
        ("*.spam.example", "spam.example"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_brought_into_its_one_form(typed, domain):
    assert parse_rule_domain(typed) == domain


@pytest.mark.parametrize(
    ("host", "name"), [("a.example:80", "a.example"), ("a.example", "a.example"), ("[2001:db8::1]:80", "2001:db8::1")]
)
def test_the_port_of_a_host_does_not_count(host, name):
    assert without_port(host) == name
