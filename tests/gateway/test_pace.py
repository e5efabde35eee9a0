"""A babbler is slowed down; whoever speaks at a station's pace never waits."""

import pytest

from ocpp_gateway.pace import BURST, PER_SECOND, Pace


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_through_and_then_the_babbler_waits() -> None:
    pace = Pace(Clock())
    assert [pace.wait_s() for _ in range(int(BURST))] == [0.0] * int(BURST)
    assert pace.wait_s() == pytest.approx(1 / PER_SECOND)
    assert pace.wait_s() == pytest.approx(2 / PER_SECOND)


def test_a_steady_speaker_never_waits() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(10 * int(BURST)):
        assert pace.wait_s() == 0.0
        clock.now += 1.01 / PER_SECOND


def test_silence_earns_one_burst_and_no_more() -> None:
    clock = Clock()
    pace = Pace(clock)
    clock.now += 3600
    waits = [pace.wait_s() for _ in range(int(BURST) + 1)]
    assert waits[-2] == 0.0
    assert waits[-1] > 0.0
