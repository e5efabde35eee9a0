"""`make profile`: where a kind of message spends its time; a flame graph and two tables."""

import argparse
import os
import pstats
import sys
import tempfile
from pathlib import Path

from tests.bench import flame, machine
from tests.bench.ground import Ground, postgres_ground, sqlite_ground
from tests.bench.profiled import BEGIN, END
from tests.bench.scale import QUICK
from tests.bench.servers import started

LINES = 35


def main() -> None:
    parser = argparse.ArgumentParser(prog="make profile", description=__doc__)
    parser.add_argument(
        "--kind", default="status", choices=["heartbeat", "status", "meters", "session"]
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("profile.svg"))
    arguments = parser.parse_args()
    machine.allow_many_sockets()
    make = postgres_ground if arguments.postgresql else sqlite_ground
    with (
        tempfile.TemporaryDirectory(prefix="evcharge-profile-") as folder,
        make(Path(folder), QUICK.sockets) as ground,
    ):
        per_s = observe(ground, "sample", arguments.kind, arguments.seconds)
        root = flame.read((ground.folder / "stacks.txt").read_text().splitlines())
        title = f"{arguments.kind}, {per_s:,.0f} messages/s, {ground.kind}"
        arguments.out.write_text(flame.draw(root, title))
        sys.stdout.write(f"{title}; see {arguments.out}\n")
        observe(ground, "count", arguments.kind, arguments.seconds)
        for part in ("writer", "loop"):
            stats = pstats.Stats(str(ground.folder / f"{part}.pstats"), stream=sys.stdout)
            sys.stdout.write(f"\n--- {part}\n")
            stats.strip_dirs()
            for order in ("tottime", "cumulative"):
                stats.sort_stats(order).print_stats(LINES)


def observe(ground: Ground, mode: str, kind: str, seconds: float) -> float:
    """Serve under observation, with a closed loop of one kind of message."""
    url = ground.copy()
    command = ["-m", "tests.bench.profiled", mode, os.fspath(ground.folder)]
    with started(command, ground, url) as served:
        served.connect(QUICK.sockets, arrives=True)
        served.talk(kind, sockets=QUICK.sockets, warmup_s=0.0, seconds=1.0)
        os.kill(served.pid, BEGIN)
        answer = served.talk(kind, sockets=QUICK.sockets, warmup_s=0.0, seconds=seconds)
        os.kill(served.pid, END)
    ground.discard(url)
    return float(answer["per_s"])


if __name__ == "__main__":
    main()
