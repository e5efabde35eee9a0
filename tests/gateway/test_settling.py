"""What stays is set aside from the garbage collector, and what has gone is found all the same."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ocpp_gateway.settling import CALM, CALM_FOR, ENOUGH, OVERDUE, Settling


class Circle:
    """Refers to itself: only the collector finds it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def settling() -> Iterator[Settling]:
    settling, thresholds = Settling(), gc.get_threshold()
    settling.begin()
    yield settling
    settling.end()
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == thresholds


def be_busy(settling: Settling, seconds: int) -> None:
    for _ in range(seconds):
        for _ in range(CALM + 1):
            settling.move()
        settling.settle()


def be_calm(settling: Settling, seconds: int) -> None:
    for _ in range(seconds):
        for _ in range(CALM):
            settling.move()
        settling.settle()


def set_aside_and_gone() -> weakref.ref[Circle]:
    circle = Circle()
    trace = weakref.ref(circle)
    gc.freeze()
    del circle
    gc.collect()
    assert trace() is not None
    return trace


def test_what_the_process_is_made_of_is_set_aside(settling: Settling) -> None:
    assert gc.get_freeze_count() > 0


def test_while_many_come_they_are_set_aside_each_second(settling: Settling) -> None:
    for _ in range(3):
        before = gc.get_freeze_count()
        come = [Circle() for _ in range(100)]
        be_busy(settling, 1)
        assert gc.get_freeze_count() >= before + len(come)


def test_it_looks_once_much_was_set_aside_and_it_is_calm(settling: Settling) -> None:
    trace = set_aside_and_gone()
    be_busy(settling, ENOUGH - 1)
    be_calm(settling, CALM_FOR)
    assert trace() is not None, "too little was set aside"
    be_busy(settling, 1)
    be_calm(settling, CALM_FOR - 1)
    assert trace() is not None, "it has not been calm for long"
    be_calm(settling, 1)
    assert trace() is None
    assert gc.get_freeze_count() > 0, "what stays is set aside again"
    trace = set_aside_and_gone()
    be_calm(settling, 2 * CALM_FOR)
    assert trace() is not None, "it has looked"


def test_where_it_is_never_calm_it_looks_all_the_same(settling: Settling) -> None:
    trace = set_aside_and_gone()
    be_busy(settling, OVERDUE * ENOUGH - 1)
    assert trace() is not None
    be_busy(settling, 1)
    assert trace() is None
