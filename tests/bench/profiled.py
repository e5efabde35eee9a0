"""`manage.py serve` under observation; `profile` starts it and reads what it leaves behind.

Samples say where the time goes, with the waits for each other's lock; the counting profile says
what is called how often in the writer's thread and on the loop, and slows both down.
"""

import argparse
import atexit
import cProfile
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")

INTERVAL_S = 0.002
# Frames in which a thread waits for work.
IDLE = frozenset({"wait", "select", "poll", "_wait_for_tstate_lock", "get", "drain_events"})


class Sampler(threading.Thread):
    """Looks at all threads again and again; a file of folded stacks at the end."""

    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self._stacks: Counter[tuple[str, ...]] = Counter()

    def run(self) -> None:
        while True:
            time.sleep(INTERVAL_S)
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != self.ident and not is_idle(frame):
                    self._stacks[(names.get(ident, "?"), *stack(frame))] += 1

    def write(self, path: Path) -> None:
        lines = (f"{';'.join(frames)} {count}" for frames, count in self._stacks.items())
        path.write_text("\n".join(lines))


def is_idle(frame: FrameType) -> bool:
    code = frame.f_code
    # The loop's own frame, without a callback above it, is the loop waiting for events.
    return code.co_name in IDLE or (code.co_name == "run" and "twisted" in code.co_filename)


def stack(frame: FrameType | None) -> list[str]:
    names: list[str] = []
    while frame is not None:
        names.append(name_of(frame.f_code))
        frame = frame.f_back
    return names[::-1]


def name_of(code: CodeType) -> str:
    path = Path(code.co_filename)
    return f"{path.parent.name}/{path.stem}:{code.co_qualname}"


def count_calls(folder: Path) -> None:
    """Profile the writer's thread and this one."""
    from ocpp_gateway.writer import Writer

    run = Writer._run

    def counted(writer: Writer) -> None:
        profile = cProfile.Profile()
        try:
            profile.runcall(run, writer)
        finally:
            profile.dump_stats(folder / "writer.pstats")

    Writer._run = counted  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["sample", "count"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()

    import django

    django.setup()
    from evcharge.asgi import application
    from ocpp_gateway import server

    if arguments.mode == "sample":
        sampler = Sampler()
        sampler.start()
        atexit.register(sampler.write, arguments.folder / "stacks.txt")
        server.run(application, host="127.0.0.1", port=arguments.port)
        return
    count_calls(arguments.folder)
    loop = cProfile.Profile()
    try:
        loop.runcall(server.run, application, host="127.0.0.1", port=arguments.port)
    finally:
        loop.dump_stats(arguments.folder / "loop.pstats")


if __name__ == "__main__":
    main()
