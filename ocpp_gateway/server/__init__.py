"""The server that speaks to stations and browsers: daphne, hardened, in one process.

`run` is all that others need. Nothing here is known to the consumers: they run on any ASGI server.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ocpp_gateway.server.options import Options
from ocpp_gateway.server.reactor import install_reactor, raise_file_limit

__all__ = ["Options", "run"]

DEFAULTS = Options()


def run(  # noqa: PLR0913
    application: Any,
    *,
    host: str,
    port: int,
    on_ready: Callable[[int], None] | None = None,
    drain: Callable[[], Awaitable[None]] | None = None,
    on_stop: Callable[[], None] | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Serve until SIGTERM or SIGINT; call it from the main thread.

    The application's lifespan is started before the first connection is taken. `on_ready` is told
    the port listened on (the one the system chose, for port 0). When it is to stop, `drain` may
    close what it likes, no new sockets being let in; then all that are left are closed. `on_stop`
    is called last, when all sockets and the application are down. What keeps the server from
    starting ends the process with a sentence and status 1.
    """
    install_reactor()
    raise_file_limit()
    # daphne picks a reactor of its own when it is imported, unless there is one already.
    from ocpp_gateway.server.process import ServerProcess

    try:
        server = ServerProcess(application, host=host, port=port, options=options, drain=drain)
        server.run(on_ready)
    finally:
        if on_stop is not None:
            on_stop()
