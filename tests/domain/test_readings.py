"""Sampled values as figures: units, phases, places, gaps, many of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.services import readings
from operations.services.readings import Point, Samples

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sample", "value", "unit"),
    [
        ({"value": "1500"}, 1500, "Wh"),  # 1.6: only the value is a must
        ({"value": "1.5", "unit": "kWh"}, 1500, "Wh"),
        ({"value": 1.5, "unitOfMeasure": {"unit": "kWh"}}, 1500, "Wh"),
        ({"value": 15, "unitOfMeasure": {"unit": "Wh", "multiplier": 2}}, 1500, "Wh"),
        ({"value": 15, "unitOfMeasure": {"multiplier": 2}}, 1500, "Wh"),
        ({"value": 1.5, "unitOfMeasure": {"unit": "KWH"}}, 1500, "Wh"),
        ({"value": 0.0015, "unitOfMeasure": {"unit": "MWh"}}, 1500, "Wh"),
        ({"value": 1500, "unitOfMeasure": None}, 1500, "Wh"),
        ({"measurand": "Power.Active.Import", "value": "7.2", "unit": "kW"}, 7200, "W"),
        ({"measurand": "Power.Active.Import", "value": "7200"}, 7200, "W"),
        ({"measurand": "Power.Factor", "value": "0.98"}, 0.98, ""),
        ({"measurand": "Power.Reactive.Import", "value": "2", "unit": "kvar"}, 2000, "var"),
        ({"measurand": "Current.Import", "value": 16000, "unit": "mA"}, 16, "A"),
        ({"measurand": "SoC", "value": "55", "unit": "Percent"}, 55, "%"),
        ({"measurand": "SoC", "value": "55"}, 55, "%"),
        ({"measurand": "Temperature", "value": "31", "unit": "Celcius"}, 31, "°C"),
        ({"measurand": "Temperature", "value": "300", "unit": "K"}, 300, "K"),
        ({"measurand": "Frequency", "value": "49.98"}, 49.98, "Hz"),
        ({"measurand": "RPM", "value": "900"}, 900, ""),
        ({"measurand": "Display.BatteryEnergyCapacity", "value": 58, "unit": "odd"}, 58, "odd"),
    ],
)
def test_units_are_brought_to_their_base(sample: dict[str, Any], value: float, unit: str) -> None:
    figure = readings.normalised(sample)
    assert figure is not None
    assert figure.value == pytest.approx(value)
    assert figure.unit == unit


@pytest.mark.parametrize(
    "sample",
    [
        {},
        {"value": None},
        {"value": ""},
        {"value": "one"},
        {"value": [1]},
        {"value": "NaN"},
        {"value": "-inf"},
        {"value": "4500", "format": "SignedData"},
    ],
)
def test_what_is_no_figure_is_none(sample: dict[str, Any]) -> None:
    assert readings.normalised(sample) is None


def figures(*samples: dict[str, Any]) -> dict[readings.Key, float]:
    return {value.key: value.value for value in readings.values(samples)}


def by_phase(measurand: str, *values: float, suffix: str = "") -> list[dict[str, Any]]:
    return [
        {"measurand": measurand, "phase": f"L{number}{suffix}", "value": value}
        for number, value in enumerate(values, start=1)
    ]


def test_power_by_phase_adds_up() -> None:
    found = figures(*by_phase(readings.POWER, 1000, 2000, 3000))
    assert found[readings.POWER, ""] == 6000
    assert found[readings.POWER, "L2"] == 2000


def test_a_total_that_was_sent_stands() -> None:
    total = {"measurand": readings.POWER, "value": 5999}
    assert figures(*by_phase(readings.POWER, 1000, 2000, 3000), total)[readings.POWER, ""] == 5999


def test_currents_do_not_add_up() -> None:
    assert (readings.CURRENT, "") not in figures(*by_phase(readings.CURRENT, 10, 11, 12))


def test_a_phase_is_the_same_against_neutral_but_not_for_voltages() -> None:
    assert (readings.CURRENT, "L1") in figures(*by_phase(readings.CURRENT, 10, suffix="-N"))
    assert ("Voltage", "L1-N") in figures(*by_phase("Voltage", 230, suffix="-N"))


@pytest.mark.parametrize("places", [("Inlet", None), (None, "Inlet"), ("Moon", "Outlet")])
def test_the_outlets_meter_counts(places: tuple[str | None, str | None]) -> None:
    samples = []
    for place in places:
        value = 100 if place in {None, "Outlet"} else 999
        samples.append({"value": value} | ({"location": place} if place else {}))
    assert figures(*samples) == {(readings.ENERGY, ""): 100}


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def told(minute: float, *values: float) -> tuple[datetime, Samples]:
    return at(minute), [{"value": value} for value in values]


def test_series_are_in_the_order_of_time() -> None:
    found = readings.series([told(2, 300), told(0, 100), told(1, 200)])
    assert [point.value for point in found[readings.ENERGY, ""]] == [100, 200, 300]


def test_the_latest_of_each_is_found_in_whatever_reading_it_was() -> None:
    soc = [{"measurand": "SoC", "value": 50}]
    found = readings.latest([(at(1), soc), told(3, 300), told(2, 200)])
    assert [(when, value.value) for when, value in found] == [(at(3), 300), (at(1), 50)]


def test_no_power_is_none() -> None:
    assert readings.power_w([{"value": 1}]) is None
    assert readings.power_w([{"measurand": readings.POWER, "value": "3.7", "unit": "kW"}]) == 3700


@pytest.mark.parametrize(
    ("registers", "start_wh", "taken"),
    [
        ([], 1000, []),
        ([1000, 1500, 2000], 1000, [0, 500, 1000]),
        ([1200, 1500], 1000, [200, 500]),
        ([1200, 1500], None, [0, 300]),
        ([0, 300], 123_456, [0, 300]),  # counts from the session's start
        ([1000, 0, 1500], 1000, [0, 0, 500]),  # a slip
    ],
)
def test_energy_taken_starts_at_nothing(
    registers: list[float], start_wh: float | None, taken: list[float]
) -> None:
    points = [Point(at(minute), value) for minute, value in enumerate(registers)]
    assert [point.value for point in readings.taken(points, start_wh)] == taken


@pytest.mark.parametrize("count", [0, 1, 2, 499, 500, 501, 1003, 20_000])
def test_thinning_keeps_ends_peaks_and_dips(count: int) -> None:
    points = [Point(at(number), float(number % 10)) for number in range(count)]
    if count > 500:
        points[count // 2] = Point(at(count // 2), 1000.0)
        points[count // 3] = Point(at(count // 3), -1000.0)
    thin = readings.thinned(points, 500)
    assert len(thin) <= 500
    assert thin == sorted(thin, key=lambda point: point.at)
    for extreme in (min, max):
        assert extreme((point.value for point in thin), default=0) == extreme(
            (point.value for point in points), default=0
        )
    if points:
        assert (thin[0], thin[-1]) == (points[0], points[-1])
