"""Who may fetch what: one look into the database for all that ask at the same time."""

import asyncio

from ocpp_gateway.files.threads import in_thread
from operations.services import links
from operations.services.links import Grant

# Each is answered at once: between so many, other stations' messages are.
LET_IN_A_ROUND = 8


class Door:
    """A rollout's stations come all at once: those that come during a look share the next."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Grant | None]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def grant(self, token: str) -> Grant | None:
        """What a link's secret lets its station fetch, None where it leads nowhere."""
        answer = self._waiting.get(token)
        if answer is None:
            answer = self._waiting[token] = asyncio.get_running_loop().create_future()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        # Who leaves does not take it away from the others.
        return await asyncio.shield(answer)

    async def _look(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                found = await in_thread(links.grants, list(asked))
            except Exception as error:  # noqa: BLE001  whoever asked is told
                for answer in asked.values():
                    answer.set_exception(error)
                continue
            for number, (token, answer) in enumerate(asked.items(), start=1):
                answer.set_result(found.get(token))
                if number % LET_IN_A_ROUND == 0:
                    await asyncio.sleep(0)
