"""`manage.py serve` under observation; `profile` starts it and reads what it leaves behind.

Samples say where the time goes, with the waits for each other's lock; the counting profile says
what is called how often in the writer's thread and on the loop, and slows both down.
"""

import argparse
import cProfile
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")

INTERVAL_S = 0.002
BEGIN, END = signal.SIGUSR1, signal.SIGUSR2
# Frames in which a thread waits for work.
IDLE = frozenset({"wait", "select", "poll", "_wait_for_tstate_lock", "get", "drain_events"})


class Sampler(threading.Thread):
    """Looks at all threads again and again; a file of folded stacks at the end."""

    def __init__(self) -> None:
        super().__init__(name="sampler", daemon=True)
        self._stacks: Counter[tuple[str, ...]] = Counter()
        self._is_on = threading.Event()

    def begin(self) -> None:
        self._is_on.set()
        self.start()

    def run(self) -> None:
        while self._is_on.is_set():
            time.sleep(INTERVAL_S)
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != self.ident and not is_idle(frame):
                    self._stacks[(names.get(ident, "?"), *stack(frame))] += 1

    def end(self, folder: Path) -> None:
        self._is_on.clear()
        self.join()
        lines = (f"{';'.join(frames)} {count}" for frames, count in self._stacks.items())
        (folder / "stacks.txt").write_text("\n".join(lines))


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


class Counting:
    """Profiles the main thread, where the loop is, and each batch of the writer's.

    By each thread's own CPU time: on one core they wait for each other most of the time.
    """

    def __init__(self) -> None:
        self._loop = cProfile.Profile(time.thread_time)
        self._writer = cProfile.Profile(time.thread_time)
        self._is_on = False
        self._follow_writer()

    def _follow_writer(self) -> None:
        from ocpp_gateway.writer import Writer

        write_all = Writer._write_all

        def counted(writer: Writer) -> None:
            if self._is_on:
                self._writer.runcall(write_all, writer)
            else:
                write_all(writer)

        Writer._write_all = counted  # type: ignore[method-assign,assignment]

    def begin(self) -> None:
        self._is_on = True
        self._loop.enable()

    def end(self, folder: Path) -> None:
        self._is_on = False
        self._loop.disable()
        self._loop.dump_stats(folder / "loop.pstats")
        self._writer.dump_stats(folder / "writer.pstats")


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

    observer = Sampler() if arguments.mode == "sample" else Counting()
    signal.signal(BEGIN, lambda *_: observer.begin())
    signal.signal(END, lambda *_: observer.end(arguments.folder))
    server.run(application, host="127.0.0.1", port=arguments.port)


if __name__ == "__main__":
    main()
