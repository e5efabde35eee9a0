"""Who was heard is noted in turns, so that nobody waits for the notes of all."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from ocpp_gateway.gateway import TURNS, Gateway

SOCKETS = 5 * TURNS


@dataclass(frozen=True)
class Opened:
    connection_pk: int


@dataclass(eq=False)
class Socket:
    """As much of a conversation as this needs."""

    opened: Opened
    last_heard_at: Any = field(default_factory=timezone.now)
    looks: int = 0

    def ponged_at(self) -> float | None:
        return None

    def hang_up_if_silent(self, _now: Any) -> None:
        self.looks += 1


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The connections of each work that the writer was given."""
    given: list[set[int]] = []

    def call(service: partial[Any], _done: Any) -> None:
        given.append(set(service.keywords["heard"]))

    monkeypatch.setattr("ocpp_gateway.writer.Writer.call", lambda _writer, *work: call(*work))
    return given


def test_each_socket_has_its_turn_once(notes: list[set[int]]) -> None:
    gateway = Gateway()
    sockets = [Socket(Opened(pk)) for pk in range(1, SOCKETS + 1)]
    gateway._conversations.update(sockets)  # type: ignore[arg-type]
    for turn in range(TURNS):
        gateway._touch(turn)
    assert [len(each) for each in notes] == [SOCKETS // TURNS] * TURNS
    assert Counter(pk for each in notes for pk in each) == dict.fromkeys(range(1, SOCKETS + 1), 1)
    assert {socket.looks for socket in sockets} == {1}


def test_who_said_nothing_since_is_not_noted_again(notes: list[set[int]]) -> None:
    gateway = Gateway()
    quiet, lively = Socket(Opened(TURNS)), Socket(Opened(2 * TURNS))
    gateway._conversations.update([quiet, lively])  # type: ignore[arg-type]
    gateway._touch(0)
    lively.last_heard_at = timezone.now()
    gateway._touch(0)
    assert notes == [{TURNS, 2 * TURNS}, {2 * TURNS}]
