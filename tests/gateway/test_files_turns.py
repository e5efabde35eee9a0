"""Downloads take turns: a round of the loop lets a few of them send, and forgets nobody."""

import asyncio

from ocpp_gateway.files.turns import Turns


async def test_a_round_of_the_loop_has_so_many_turns() -> None:
    turns, taken = Turns(2), 0

    async def takes_ten() -> None:
        nonlocal taken
        for _turn in range(10):
            await turns.take()
            taken += 1

    tasks = [asyncio.create_task(takes_ten()) for _download in range(3)]
    most = before = 0
    while taken < 30:
        await asyncio.sleep(0)
        most, before = max(most, taken - before), taken
    assert most <= 4, "what was given in one round may be used in the next"
    await asyncio.gather(*tasks)


async def test_who_waits_longest_goes_first() -> None:
    turns, order = Turns(1), []

    async def takes(name: str) -> None:
        for _turn in range(2):
            await turns.take()
            order.append(name)

    await asyncio.gather(takes("a"), takes("b"), takes("c"))
    # The first found a turn free, and came back before the others came at all.
    assert order == ["a", "a", "b", "c", "b", "c"]


async def test_who_leaves_takes_no_turn_from_others() -> None:
    turns = Turns(1)
    await turns.take()
    leaving = [asyncio.create_task(turns.take()) for _station in range(5)]
    staying = asyncio.create_task(turns.take())
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    async with asyncio.timeout(10):
        await staying
        await turns.take()
