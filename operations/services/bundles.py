"""Many runs moved on in one transaction: loaded and locked together, written together.

What moves one run (`transitions.move`) is told a `Bundle` in place of its `Changes`; all else stays
the same. A thousand stations' answers cost a dozen statements for each of the writer's batches.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from operations.commands.base import Target
from operations.models import CommandRun, OcppMessage
from operations.services import rows, selections, targets
from operations.services.live import Changes
from operations.services.transitions import Ledger
from operations.statuses import AWAITING_EFFECT


class Bundle(Ledger):
    """Runs that are locked in this transaction, with their targets."""

    def __init__(self) -> None:
        super().__init__()
        self._targets: dict[int, Target] = {}
        self._by_station: dict[int, list[CommandRun]] = defaultdict(list)
        self._messages: list[OcppMessage] = []

    def load(self, run_pks: Collection[int]) -> dict[int, CommandRun]:
        """Take these runs."""
        taken = selections.runs_with_parts(set(run_pks), is_locked=True)
        found = {run.pk: run for run in taken}
        self.locked |= found
        self._targets |= selections.of_runs(taken)
        return found

    def load_with_older(self, run_pks: Collection[int]) -> dict[int, CommandRun]:
        """Take these runs, and those that they may supersede."""
        found = self.load(run_pks)
        stations = {run.station_id for run in found.values()}
        commands = {run.command for run in found.values()}
        names = ("pk", "command", "status")
        unclosed = rows.select(
            CommandRun, names, by="station_id", keys=stations, where="closed_at IS NULL"
        )
        same = {
            pk
            for pk, command, status in unclosed
            if command in commands and status in AWAITING_EFFECT
        }
        older = same - found.keys()
        others = self.load(older) if older else {}
        for run in (*found.values(), *others.values()):
            self._by_station[run.station_id].append(run)
        return found

    def target_of(self, run: CommandRun) -> Target:
        """What the run was aimed at."""
        return self._targets[run.pk]

    def awaiting(self, run: CommandRun) -> list[CommandRun]:
        """The older runs of this command at this station whose effect was not seen yet."""
        return [
            older
            for older in self._by_station[run.station_id]
            if older.command == run.command
            and older.pk < run.pk
            and older.status in AWAITING_EFFECT
        ]

    def keep_message(self, message: OcppMessage) -> None:
        """Have the message's answer written."""
        self._messages.append(message)

    def write(self) -> None:
        """All that has changed."""
        super().write()
        answered = ["answer", "answered_at", "error_code"]
        rows.update(OcppMessage, self._messages, answered)
        self._messages = []


@contextmanager
def bundling() -> Iterator[Bundle]:
    """One transaction; what became of its runs is written at its end, and browsers hear of it."""
    bundle = Bundle()
    # Inside of another transaction no savepoint: what fails here fails it as a whole.
    with transaction.atomic(savepoint=False):
        yield bundle
        bundle.write()
        transaction.on_commit(bundle.publish)


def target_of(run: CommandRun, changes: Changes) -> Target:
    """What the run was aimed at, loaded with many others where it was."""
    if isinstance(changes, Bundle) and run.pk in changes.locked:
        return changes.target_of(run)
    return targets.of_run(run)


def awaiting(run: CommandRun, changes: Changes) -> Sequence[CommandRun]:
    """The older runs of the same command at the same station whose effect was not seen yet."""
    if isinstance(changes, Bundle) and run.pk in changes.locked:
        return changes.awaiting(run)
    same = CommandRun.objects.awaiting_effect().filter(
        station_id=run.station_id, command=run.command, pk__lt=run.pk
    )
    return list(same)
