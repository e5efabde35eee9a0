"""Lets connections in a few at a time: those that talk already are heard between them."""

from twisted.internet.tcp import Port

A_ROUND = 8


class Listener(Port):
    """Twisted's listening socket; it takes no more than so many in a round of the event loop.

    Twisted's own takes more with each round that was full: after an outage the first words of
    hundreds, and all that follows from them, would come before anybody's heartbeat.
    """

    @property
    def numberAccepts(self) -> int:  # noqa: N802  Twisted's name
        """How many are taken at once."""
        return A_ROUND

    @numberAccepts.setter
    def numberAccepts(self, wanted: int) -> None:  # noqa: N802
        pass
