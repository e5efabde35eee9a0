"""How many messages this process exchanged with each station since it was last asked."""


class Traffic:
    """Counted in memory, a dictionary's cost each; the gateway notes it once a minute."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def count(self, station_pk: int) -> None:
        """One more; that two threads may lose one between them does no harm."""
        counts = self._counts
        counts[station_pk] = counts.get(station_pk, 0) + 1

    def take(self) -> dict[int, int]:
        """What was counted, by station; counting begins anew."""
        counts, self._counts = self._counts, {}
        return counts


traffic = Traffic()
