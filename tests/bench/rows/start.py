"""From nothing to the first station that is let in."""

import socket
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

from tests import services
from tests.bench import frames, machine, servers
from tests.bench.bench import Bench, Rows
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    for server in bench.scale.servers:
        starts = range(bench.scale.starts)
        yield Row(
            what=bench.named("server start to first accepted station; bare echo", server),
            ours=median(start_s(bench, servers.portal_command(server)) for _ in starts),
            reference=median(start_s(bench, servers.echo_command(server)) for _ in starts),
            unit="s",
            target=target("start"),
        )


def start_s(bench: Bench, command: list[str]) -> float:
    ground = bench.ground
    url, port = ground.copy(), services.free_port()
    began = perf_counter()
    with (
        machine.born_on(machine.SERVER_CORES),
        services.running(
            [sys.executable, *command, "--port", str(port)],
            log=ground.folder / "start.log",
            env=ground.env(url),
            is_ready=admits(port),
        ),
    ):
        taken = perf_counter() - began
    ground.discard(url)
    return taken


def admits(port: int) -> Callable[[], bool]:
    """Whether station 0 gets in."""

    def is_let_in() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as station:
                station.sendall(frames.handshake(0, port))
                return station.recv(4096).startswith(b"HTTP/1.1 101")
        except OSError:
            return False

    return is_let_in
