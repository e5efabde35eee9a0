"""What a person at the demo feels: from a press to the next paint, and what moves by itself."""

import secrets
import sys
from contextlib import ExitStack
from typing import Any

from tests import services
from tests.bench import machine
from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target
from tests.portal import served_demo


def measure(bench: Bench) -> Rows:
    if services.find_chromium() is None:
        sys.stderr.write("Left out, since Chromium is not installed: what a person feels.\n")
        return
    yield from rows_of(measured(bench))


def measured(bench: Bench) -> dict[str, Any]:
    """The demo on the server's core, a browser on the other."""
    password = secrets.token_urlsafe(9)
    with ExitStack() as stack:
        with machine.born_on(machine.SERVER_CORES):
            demo = served_demo(log=bench.ground.folder / "demo.log", password=password)
            portal = stack.enter_context(demo)
        return run_apart(
            "tests.bench.probes.felt",
            *(portal.url, password, str(bench.scale.presses)),
            env={},
            cores=machine.OTHER_CORES,
        )


def rows_of(figures: dict[str, Any]) -> Rows:
    for name, times in figures["presses"].items():
        yield Row(
            what=f"felt: {name}, until the next paint, 95th percentile; a bare button",
            ours=times["p95"],
            reference=figures["bare"],
            unit="ms",
            target=target("felt"),
            note=f"half of them {times['p50']:.0f} ms; told to 8 ms, from 16 ms on",
        )
    yield Row(
        what="felt: a station's tab, until its page is painted, 95th percentile",
        ours=figures["tab"],
        unit="ms",
        target=target("felt-page"),
    )
    for name, moment in (("first", "while it comes"), ("live", "in 15 s of live changes")):
        yield Row(
            what=f"layout shift of the list of chargers, {moment}",
            ours=figures["moved"][name],
            unit="",
            target=target("felt-moved"),
        )
