"""The blocks of images that are being fetched: read once for all stations that fetch the same."""

import asyncio
from collections import OrderedDict

from ocpp_gateway.files.threads import POOL
from operations.services import files

SIZE = 256 * 1024
MOST = 64  # 16 MiB; a rollout's stations are at most that far apart, or each reads for itself

Key = tuple[str, int]


class Blocks:
    """A small cache over the store."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._coming: dict[Key, asyncio.Task[bytes]] = {}

    async def get(self, name: str, number: int) -> bytes:
        """One block of a stored file; raises FileNotFoundError where it was deleted."""
        key = (name, number)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._coming:
            task = asyncio.create_task(self._read(key))
            self._coming[key] = task
            task.add_done_callback(lambda _: self._coming.pop(key))
        # Who leaves does not take it away from the others.
        return await asyncio.shield(self._coming[key])

    async def _read(self, key: Key) -> bytes:
        block = await asyncio.get_running_loop().run_in_executor(POOL, _read_block, *key)
        self._kept[key] = block
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return block


def _read_block(name: str, number: int) -> bytes:
    with files.opened(name) as file:
        file.seek(number * SIZE)
        return file.read(SIZE)
