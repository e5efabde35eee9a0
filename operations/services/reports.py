"""The table from what stations tell to the service that records it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from operations import events
from operations.answers import Answer
from operations.services import components, rereading, sessions, stations, tokens, told
from operations.services.live import Changes

Recorder = Callable[[Sequence[events.Told], Changes], Sequence[Any]]


def _record_nothing(told: Sequence[events.Told], _changes: Changes) -> list[None]:
    """What has no other trace than its line in the message log."""
    return [None] * len(told)


def _record_boots(told: Sequence[events.Told], changes: Changes) -> Sequence[Any]:
    """What stations say when they boot; then what they stored before it is read again."""
    answers = stations.record_boots(told, changes)
    rereading.after_boots(told)
    return answers


RECORDERS: Mapping[type[events.Event], Recorder] = {
    events.StationBooted: _record_boots,
    events.HeartbeatHeard: _record_nothing,
    events.ConnectorStatusReported: components.record_components,
    events.StationStatusReported: components.record_components,
    events.ChargerStatusReported: components.record_components,
    events.LockReported: components.record_components,
    events.ConnectorKnown: components.record_components,
    events.ComponentsReported: components.record_components,
    events.TokenPresented: tokens.record_presented,
    events.MetersRead: sessions.record_meters,
    events.SessionStarted: sessions.record_starts,
    events.SessionStopped: sessions.record_stops,
    events.SessionChanged: sessions.record_changes,
    events.FirmwareStatusReported: told.record_events,
    events.LogStatusReported: told.record_events,
    events.SecurityEventReported: told.record_events,
    events.ReportPartReceived: told.record_report_parts,
    events.MessageHeard: told.record_events,
}


def record(items: Sequence[events.Told], changes: Changes) -> list[Answer]:
    """Record what stations told, in order for each station; answers in the same order.

    Many at once, for speed: a round takes at most one event of each station, so that one
    statement may write the events of one kind of a whole round.
    """
    answers: list[Answer] = [None] * len(items)
    for positions in _rounds(items):
        by_recorder: dict[Recorder, list[int]] = {}
        for position in positions:
            recorder = RECORDERS[type(items[position].event)]
            by_recorder.setdefault(recorder, []).append(position)
        for recorder, mine in by_recorder.items():
            for position, answer in zip(
                mine, recorder([items[position] for position in mine], changes), strict=True
            ):
                answers[position] = answer
    return answers


def _rounds(items: Sequence[events.Told]) -> list[list[int]]:
    rounds: list[list[int]] = []
    turns: dict[int, int] = {}
    for position, item in enumerate(items):
        turn = turns.get(item.station_id, 0)
        turns[item.station_id] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(position)
    return rounds
