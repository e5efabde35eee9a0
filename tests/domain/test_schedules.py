"""Charging schedules: typed, said, and drawn; also those a station makes up."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from operations.commands import schedules
from operations.commands.schedules import PeriodsField, ScheduleInput, draw, readable


def periods(text: str) -> list[dict[str, Any]]:
    return PeriodsField().clean(text)


def test_lines_are_periods() -> None:
    assert periods("0 32\n\n 07:00; 16.5 3 \n25:30:30, 6") == [
        {"startPeriod": 0, "limit": 32.0},
        {"startPeriod": 25_200, "limit": 16.5, "numberPhases": 3},
        {"startPeriod": 91_830, "limit": 6.0},
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("00:00", "Line 1 is not a period"),
        ("00:00 32\n07:60 16", "Line 2 is not a period"),
        ("00:00 32 4", "Line 1 is not a period"),
        ("00:00 32.55", "Line 1 is not a period"),
        ("00:00 -5", "Line 1 is not a period"),
        ("00:00 32\n168:00 6", "Line 2 is not a period"),
        ("08:00 32", "The first period begins at 00:00."),
        ("00:00 32\n08:00 16\n08:00 6", "Each period begins after the one before it."),
        ("00:00 32\n09:00 16\n08:00 6", "Each period begins after the one before it."),
        ("\n".join(f"{number} 6" for number in range(1025)), "at most 1024"),
    ],
)
def test_what_is_no_schedule_is_said_line_by_line(text: str, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        periods(text)
    assert words in refusal.value.messages[0]


def test_what_was_asked_is_typed_again_as_it_was() -> None:
    text = "00:00 32\n07:00 16.5 3\n25:30:30 6"
    field = PeriodsField()
    assert field.prepare_value(field.clean(text)) == text
    assert field.prepare_value("half typed") == "half typed"


def test_a_drawing_steps_at_each_period() -> None:
    drawing = draw(periods("00:00 32\n06:00 16\n18:00 8 1"), "A")
    assert drawing is not None
    assert drawing.path == "0.0,40.0 250.0,40.0 250.0,120.0 750.0,120.0 750.0,160.0 1000.0,160.0"
    assert drawing.times == ["00:00", "06:00", "12:00", "18:00", "24:00"]
    assert [label for label, _y in drawing.marks] == ["40", "30", "20", "10", "0"]
    assert [(row.start, row.limit, row.phases) for row in drawing.rows] == [
        ("00:00", "32 A", ""),
        ("06:00", "16 A", ""),
        ("18:00", "8 A", "1"),
    ]


def test_a_drawing_ends_with_the_schedule_or_the_day() -> None:
    lasting = draw(periods("0 6"), "W", duration_s=7200)
    assert lasting is not None
    assert lasting.times[-1] == "02:00"
    days = draw(periods("0 6\n25:00 3"), "W")
    assert days is not None
    assert days.times[-1] == "48:00"
    assert draw([], "A") is None
    nothing = draw(periods("0 0"), "A")
    assert nothing is not None
    assert nothing.path == "0.0,200.0 1000.0,200.0"


def test_the_field_draws_what_can_be_read_of_half_a_line() -> None:
    widget = ScheduleInput()
    context = widget.get_context("periods", "00:00 32\n07:0", {})
    assert len(context["drawing"].rows) == 1
    assert widget.get_context("periods", None, {})["drawing"] is None
    assert "<polyline" in widget.render("periods", "00:00 32")


@pytest.mark.parametrize(
    "said",
    [
        None,
        "soon",
        [None, 3, "x"],
        [{"startPeriod": "0", "limit": 6}],
        [{"startPeriod": -1, "limit": 6}],
        [{"startPeriod": 0, "limit": float("inf")}],
        [{"startPeriod": 0, "limit": float("nan")}],
        [{"startPeriod": True, "limit": 6}],
        [{"limit": 6}],
        [{"startPeriod": 0}],
    ],
)
def test_what_a_station_says_that_is_no_schedule_is_not_drawn(said: Any) -> None:
    assert readable(said) == []


def test_what_a_station_says_in_disorder_is_put_in_order() -> None:
    said = [{"startPeriod": 60, "limit": 6}, {"startPeriod": 0, "limit": 16}]
    assert [period["startPeriod"] for period in readable(said)] == [0, 60]
    many = [{"startPeriod": number, "limit": 6} for number in range(5000)]
    assert len(readable(many)) == schedules.MOST_PERIODS
