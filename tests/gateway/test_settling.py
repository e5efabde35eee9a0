"""What stays is set aside from the garbage collector, and what has gone is found all the same."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ocpp_gateway.settling import CALM, FEW, SHARE, Settling

SOCKETS = 2 * SHARE * FEW


class Circle:
    """Refers to itself: only the collector finds it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def settling() -> Iterator[Settling]:
    settling = Settling()
    settling.begin()
    yield settling
    settling.end()
    assert gc.get_freeze_count() == 0


def move(settling: Settling, number: int) -> None:
    for _ in range(number):
        settling.move()


def is_found(settling: Settling) -> bool:
    """Whether a circle that was set aside, and has gone since, is freed by settling now."""
    circle = Circle()
    trace = weakref.ref(circle)
    gc.freeze()
    del circle
    gc.collect()
    assert trace() is not None, "it was set aside"
    settling.settle(SOCKETS)
    return trace() is None


def test_what_the_process_is_made_of_is_set_aside(settling: Settling) -> None:
    assert gc.get_freeze_count() > 0


def test_it_looks_again_once_many_have_moved_and_it_is_calm(settling: Settling) -> None:
    move(settling, SOCKETS // SHARE)
    settling.settle(SOCKETS)
    assert not is_found(settling), "too few have moved"
    move(settling, CALM + 1)
    assert not is_found(settling), "many are moving"
    assert is_found(settling)
    assert gc.get_freeze_count() > 0, "what stays is set aside again"
    assert not is_found(settling), "it has just looked"


def test_a_small_fleet_is_left_to_the_collector(settling: Settling) -> None:
    move(settling, FEW)
    settling.settle(0)
    assert not is_found(settling)
