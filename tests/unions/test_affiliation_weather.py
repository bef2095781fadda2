"""The handshake in bad weather: any message may be lost, doubled, late or out of order, and both sides agree at last.

Two houses of ours with the real handlers, services and upkeep. What they send is taken out of their outboxes and
brought to the other one as the weather wants; what they fetch of each other goes over HTTP. All of it is seeded.
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.unions.houses import Server, Time, running_house
from usi_fed.unions.affiliations_store import find_pair

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BRANCHES = 20
ROUNDS = 10
STEPS = 7
CLEAR_DAYS = 2


class Weather:
    """Carries letters between two servers, badly; each is kept till it is lost or has come at least once."""

    def __init__(self, servers, dice):
        self._servers = {server.host: server for server in servers}
        self._dice = dice
        self._on_the_way = []
        self.lost = self.doubled = 0

    async def blow(self):
        """Some of what is on its way comes, in any order; some of it again later, some of it never."""
        await self._collect()
        self._dice.shuffle(self._on_the_way)
        staying, coming = [], []
        for letter in self._on_the_way:
            fate = self._dice.random()
            if fate < 0.25:
                self.lost += 1
            elif fate < 0.5:
                staying.append(letter)
            else:
                coming.append(letter)
                if fate > 0.8:
                    self.doubled += 1
                    staying.append(letter)
        self._on_the_way = staying
        await self._bring(coming)

    async def clear(self):
        """Everything comes, and what is said because of it, until nobody has anything to say."""
        while True:
            await self._collect()
            if not self._on_the_way:
                return
            coming, self._on_the_way = self._on_the_way, []
            await self._bring(coming)

    async def _collect(self):
        for server in self._servers.values():
            self._on_the_way += [letter for letter in await server.sent() if letter.to in self._servers]

    async def _bring(self, letters):
        for host, server in self._servers.items():
            await server.receive([letter for letter in letters if letter.to == host])


@dataclass(frozen=True)
class Side:
    """One of the two servers, and under which numbers it knows the union and the branches."""

    server: Server
    is_of_subjects: bool
    union: int
    branches: tuple[int, ...]

    async def find(self, number):
        return await self.server.house.database.read(find_pair, self.branches[number], self.union)


async def _act(side, dice, number):
    """Somebody does what may be done in this state, or nothing."""
    affiliation, affiliations = await side.find(number), side.server.house.affiliations
    if affiliation is None:
        return
    if side.is_of_subjects:
        if affiliation.state in ("offered", "accepted") and dice.random() < 0.3:
            await affiliations.leave(affiliation.id, None)
    elif affiliation.state == "offered" and affiliation.expires_at > side.server.time():
        if dice.random() < 0.75:
            await affiliations.accept(affiliation.id, None)
        else:
            await affiliations.refuse(affiliation.id, None, "We do not know you.")
    elif affiliation.state == "accepted" and dice.random() < 0.3:
        await affiliations.withdraw(affiliation.id, None)


async def _story(asking, asked, weather, dice, time):
    """One round: every branch asks anew where it can, and then everybody acts at random in the weather."""
    for number, branch in enumerate(asking.branches):
        known = await asking.find(number)
        if known is None or known.state not in ("offered", "accepted"):
            await asking.server.house.affiliations.offer(branch, asking.union, None)
    for _ in range(STEPS):
        for number in range(BRANCHES):
            for side in (asking, asked):
                if dice.random() < 0.2:
                    await _act(side, dice, number)
        time.passes(timedelta(minutes=dice.choice((1, 20, 300))))
        if dice.random() < 0.2:
            await asking.server.tend()
            await asked.server.tend()
        await weather.blow()


async def _agree(asking, asked, weather, time):
    """The weather clears: some days in which everything arrives, and upkeep runs."""
    await weather.clear()
    for _ in range(CLEAR_DAYS):
        time.passes(timedelta(hours=25))
        await asking.server.tend()
        await asked.server.tend()
        await weather.clear()


def _as_seen(ours, theirs):
    """The state of an offer at the approver; of one that it heard of only when it was taken back, it keeps nothing."""
    is_known = theirs is not None and theirs.offer_uri == ours.offer_uri
    if not is_known and (theirs is None or theirs.state not in ("offered", "accepted")):
        return "left"
    return theirs.state


async def test_whatever_the_weather_both_sides_and_a_stranger_see_the_same_in_the_end(tmp_path, _migrated_file):
    time, dice, states = Time(START), random.Random(20260301), Counter()
    async with (
        running_house(tmp_path / "branches", _migrated_file, time) as branch_server,
        running_house(tmp_path / "union", _migrated_file, time) as union_server,
        running_house(tmp_path / "stranger", _migrated_file, time) as stranger,
    ):
        union = await union_server.found("dockers", "Union")
        branches = [await branch_server.found(f"branch{number}", "Branch") for number in range(BRANCHES)]
        far_branches = [(await union_server.know(branch)).id for branch in branches]
        far_union = await branch_server.know(union)
        asking = Side(branch_server, True, far_union.id, tuple(branch.id for branch in branches))
        asked = Side(union_server, False, union.id, tuple(far_branches))
        weather = Weather([branch_server, union_server], dice)
        for _ in range(ROUNDS):
            await _story(asking, asked, weather, dice, time)
            await _agree(asking, asked, weather, time)
            for number in range(BRANCHES):
                ours, theirs = await asking.find(number), await asked.find(number)
                assert ours.state == _as_seen(ours, theirs), number
                assert ours.state != "accepted" or ours.stamp == theirs.stamp
                states[ours.state] += 1
        for number, branch in enumerate(branches):
            known = await stranger.know(branch)
            paths = await stranger.house.affiliations.verify(known)
            is_accepted = (await asking.find(number)).state == "accepted"
            seen = [step.approver.uri for path in paths for step in path.steps]
            assert seen == ([union.uri] if is_accepted else [])
    assert states.total() >= 200
    assert {"accepted", "refused", "withdrawn", "left"} <= states.keys()
    assert weather.lost > 100
    assert weather.doubled > 50
