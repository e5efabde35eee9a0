"""The pacer: what happens at once makes one look, and nobody is forgotten."""

import asyncio
from collections.abc import Collection

from operations.services.pacer import Done, Pacer
from tests.e2e.asking import DEADLINE_S


class Engine:
    """Keeps what it was asked to look at, and answers when it is told."""

    def __init__(self) -> None:
        self.looks: asyncio.Queue[tuple[set[int], Done]] = asyncio.Queue()

    def look(self, batch_pks: Collection[int], done: Done) -> None:
        self.looks.put_nowait((set(batch_pks), done))

    async def next(self) -> tuple[set[int], Done]:
        return await asyncio.wait_for(self.looks.get(), DEADLINE_S)


async def test_nudges_are_gathered_and_one_look_is_under_way_at_a_time() -> None:
    pacer, engine = Pacer(), Engine()
    pacer.nudge(7)  # nobody listens yet: the sweeper looks
    pacer.bind(asyncio.get_running_loop(), engine.look)
    for pk in (1, 2, 1):
        pacer.nudge(pk)
    looked_at, done = await engine.next()
    assert looked_at == {1, 2}
    await asyncio.to_thread(pacer.nudge, 3)
    await asyncio.sleep(0)
    assert engine.looks.empty()
    done({2})  # there is more to do
    looked_at, done = await engine.next()
    assert looked_at == {2, 3}
    done(RuntimeError("failed"))
    pacer.nudge(4)
    assert (await engine.next())[0] == {4}
    pacer.unbind()
    pacer.nudge(5)
    assert engine.looks.empty()


async def test_what_happens_during_a_look_that_fails_is_looked_at() -> None:
    pacer, engine = Pacer(), Engine()
    pacer.bind(asyncio.get_running_loop(), engine.look)
    pacer.nudge(1)
    _looked_at, done = await engine.next()
    pacer.nudge(2)
    await asyncio.sleep(0)
    done(RuntimeError("failed"))
    looked_at, done = await engine.next()
    assert looked_at == {2}
    done(set())
    pacer.nudge(2)
    assert (await engine.next())[0] == {2}
