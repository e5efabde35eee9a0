"""`python -m tests.bench [--quick | --large] [--only WORD] [--distributed] [--json FILE]`."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from tests.bench import machine, table
from tests.bench.bench import Bench, Group
from tests.bench.ground import GROUNDS
from tests.bench.rows import GROUPS
from tests.bench.scale import FULL, LARGE, QUICK, Scale
from tests.bench.table import Row

# The environment may name the database to measure on; everything else is ours to set.
FOREIGN = ("EVCHARGE_UNKNOWN_STATIONS", "EVCHARGE_SECURE", "ALLOWED_HOSTS", "LOG_LEVEL")


def main() -> int:
    arguments = parse()
    for name in FOREIGN:
        os.environ.pop(name, None)
    machine.allow_many_sockets()
    scale = QUICK if arguments.quick else LARGE if arguments.large else FULL
    if arguments.day:
        stations, seconds = arguments.day
        scale = replace(scale, day_stations=stations, day_s=seconds)
    kinds = ["SQLite"]
    if arguments.distributed or not arguments.quick:
        kinds.append("PostgreSQL")
    groups = [group for group in GROUPS if arguments.only in group.about]
    if arguments.quick and not arguments.only:
        groups = [group for group in groups if group.is_quick]
    if not groups:
        words = " ".join(group.about for group in GROUPS)
        sys.exit(f"Nothing is called {arguments.only!r}. Try one of: {words}.")
    failures: list[str] = []
    rows = list(measured(groups, kinds, scale, failures))
    say("")
    sys.stdout.write(table.as_text(rows) + "\n")
    table.write_json(rows, arguments.json)
    missed = sum(row.met is False for row in rows)
    say(f"{len(rows)} figures, {missed} short of their target; {arguments.json} has them too.")
    for failure in failures:
        say(f"Not measured: {failure}")
    return 1 if failures else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a glance, three minutes at most")
    size.add_argument(
        "--large", action="store_true", help="a million chargers, 20 million messages"
    )
    parser.add_argument("--only", default="", metavar="WORD", help="the groups about this")
    parser.add_argument(
        "--distributed", action="store_true", help="on PostgreSQL and Redis too, also if --quick"
    )
    parser.add_argument(
        "--day",
        type=int,
        nargs=2,
        metavar=("STATIONS", "SECONDS"),
        help="how many live a day in how long",
    )
    parser.add_argument("--json", type=Path, default=Path("bench.json"), metavar="FILE")
    return parser.parse_args()


def measured(
    groups: list[Group], kinds: list[str], scale: Scale, failures: list[str]
) -> Iterator[Row]:
    """Each row as soon as it is there; what breaks does not keep the others from being measured."""
    if not machine.IS_PINNED:
        say("One core only: the load generator takes from what it measures.")
    began = perf_counter()
    stations = max(scale.many_stations, scale.day_stations)
    with tempfile.TemporaryDirectory(prefix="evcharge-bench-") as folder:
        for kind in kinds:
            with GROUNDS[kind](Path(folder), stations) as ground:
                bench = Bench(scale, ground)
                for group in groups:
                    if kind != kinds[0] and not group.needs_database:
                        continue
                    try:
                        for row in group.measure(bench):
                            say(f"{perf_counter() - began:6.0f} s  {' | '.join(row.cells()[:6])}")
                            yield row
                    except (OSError, ValueError, subprocess.SubprocessError) as error:
                        failures.append(f"{group.about.split()[0]}, {kind}: {error}")


def say(text: str) -> None:
    """What is going on, beside the table."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
