"""The machine under the figures: cores to pin to, and what a process has used."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


CORES = _cores()
IS_PINNED = len(CORES) > 1
SERVER_CORES = set(CORES[:1])
OTHER_CORES = set(CORES[1:2])


@contextmanager
def born_on(cores: set[int]) -> Iterator[None]:
    """What is started inside runs on these cores for its whole life: children inherit."""
    if not IS_PINNED:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_sockets() -> None:
    """As many open files as the system grants; children inherit that too."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def socket_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def memory_kib(pid: int) -> int:
    """What the process holds in memory now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def cpu_s(pid: int) -> float:
    """The time the process has spent on a core, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def open_handles(pid: int) -> int:
    """Files and sockets the process has open now."""
    return sum(1 for _each in Path(f"/proc/{pid}/fd").iterdir())


def cpu_of_all_s(pid: int) -> float:
    """As cpu_s, with all processes it has started, also those that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) * TICK_S
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_of_all_s(int(child)) for child in children)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
