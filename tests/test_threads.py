import asyncio
import threading

import pytest

from usi_fed.threads import Crew


@pytest.fixture
async def crew():
    crew = Crew(2, "test")
    yield crew
    await crew.close()


async def test_a_thread_does_the_work_and_its_result_comes_back(crew):
    name, total = await crew.run(
        lambda *numbers, more: (threading.current_thread().name, sum(numbers) + more), 1, more=2
    )
    assert total == 3
    assert name.startswith("test-")


async def test_what_it_raises_comes_back_too(crew):
    with pytest.raises(ZeroDivisionError):
        await crew.run(lambda: 1 / 0)
    assert await crew.run(lambda: 1) == 1


async def test_many_at_once_are_all_answered_and_not_mixed_up(crew):
    assert await asyncio.gather(*(crew.run(lambda n=n: n * n) for n in range(2000))) == [n * n for n in range(2000)]


async def test_it_works_on_several_things_at_the_same_time(crew):
    meeting = threading.Barrier(2)
    await asyncio.gather(*(crew.run(meeting.wait, 5) for _ in range(2)))


async def test_who_gave_up_gets_nothing_and_hinders_nobody(crew):
    gate = threading.Event()
    held, done = [], []
    for _ in range(2):  # each thread has one
        held.append(asyncio.create_task(crew.run(gate.wait, 5)))
        await asyncio.sleep(0.01)
    given_up = asyncio.create_task(crew.run(done.append, 1))
    await asyncio.sleep(0.01)
    given_up.cancel()
    gate.set()
    await asyncio.gather(*held)
    assert await crew.run(lambda: "next") == "next"
    assert done == []


async def test_closing_lets_it_finish_what_was_asked():
    crew, done = Crew(1, "test"), []
    asked = [asyncio.create_task(crew.run(done.append, number)) for number in range(50)]
    await asyncio.sleep(0)
    await crew.close()
    await asyncio.gather(*asked)
    assert done == list(range(50))
