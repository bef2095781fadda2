"""Places for requests: slow ones hand theirs on."""

import asyncio

import pytest

from usi_fed.outbox.slots import Slots


async def hold(slots: Slots, until: asyncio.Event, began: asyncio.Event) -> None:
    async with slots.one():
        began.set()
        await until.wait()


async def is_free(slots: Slots, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds), slots.one():
            return True
    except TimeoutError:
        return False


async def test_a_quick_request_keeps_its_place() -> None:
    slots, end, began = Slots(quick=1, slow=1, slow_after_seconds=60), asyncio.Event(), asyncio.Event()
    holder = asyncio.create_task(hold(slots, end, began))
    await began.wait()
    assert not await is_free(slots, 0.02)
    end.set()
    await holder
    assert await is_free(slots, 5)


async def test_a_slow_request_hands_its_place_on() -> None:
    slots, end, began = Slots(quick=1, slow=1, slow_after_seconds=0.01), asyncio.Event(), asyncio.Event()
    holder = asyncio.create_task(hold(slots, end, began))
    await began.wait()
    assert await is_free(slots, 5)
    end.set()
    await holder


@pytest.mark.parametrize("slow", [0, 1])
async def test_there_are_so_many_places_and_no_more_the_second_time_too(slow: int) -> None:
    slots = Slots(quick=1, slow=slow, slow_after_seconds=0.01)
    for _ in range(2):
        end, holders = asyncio.Event(), []
        for _ in range(slow + 1):
            began = asyncio.Event()
            holders.append(asyncio.create_task(hold(slots, end, began)))
            await began.wait()
        assert not await is_free(slots, 0.1)
        end.set()
        await asyncio.gather(*holders)
        assert await is_free(slots, 5)
