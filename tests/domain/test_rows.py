"""Rows read with a plain statement are what Django reads."""

from typing import Any

import pytest
from django.db.models import Model

from operations.models import Charger, CommandRun, Connection, Connector, OcppMessage, Station
from operations.services import rows
from tests.domain.asked import answer, ask, claim, connect
from tests.factories import ConnectorFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> CommandRun:
    """A run that was sent and answered."""
    connector = ConnectorFactory(number=1)
    connection = connect(connector.station)
    run = ask(connector, "change-availability", availability="off")
    claim(run, connection)
    answer(run, "Accepted")
    return run


def values(instance: Model) -> dict[str, Any]:
    return {name: value for name, value in vars(instance).items() if name != "_state"}


@pytest.mark.parametrize(
    "model", [Station, Charger, Connector, CommandRun, Connection, OcppMessage]
)
@pytest.mark.usefixtures("run")
def test_they_have_the_same_values(model: type[Model]) -> None:
    (wanted,) = model._default_manager.all()
    (found,) = rows.load(model, [wanted.pk])
    assert values(found) == values(wanted)
    assert found == wanted
    assert not found._state.adding


def test_they_can_be_saved_and_found_by_another_field(run: CommandRun) -> None:
    message = OcppMessage.objects.get(run=run)
    where = "NOT is_from_station"
    (found,) = rows.load(OcppMessage, [message.unique_id], by="unique_id", where=where)
    found.error_code = "Spoiled"
    found.save(update_fields=["error_code"])
    message.refresh_from_db()
    assert message.error_code == "Spoiled"
    assert found.station == message.station


@pytest.mark.parametrize("is_locked", [False, True])
def test_they_come_with_their_parts_and_share_them(
    run: CommandRun,
    is_locked: bool,
    django_assert_num_queries: Any,
) -> None:
    beside = ask(ConnectorFactory(station=run.station, number=2), "unlock")
    alone = RunFactory(station=run.station, charger=None, connector=None)
    parts: dict[str, type[Model]] = {
        "station": Station,
        "charger": Charger,
        "connector": Connector,
    }
    pks = {alone.pk, beside.pk, run.pk}
    with django_assert_num_queries(1):
        found = rows.load_with(CommandRun, pks, parts, is_locked=is_locked)
        assert [each.pk for each in found] == [run.pk, beside.pk, alone.pk]
        assert [each.connector for each in found] == [run.connector, beside.connector, None]
        assert [each.charger for each in found] == [run.charger, beside.charger, None]
        assert len({id(each.station) for each in found}) == 1
    assert values(found[0])["params"] == run.params
    assert found[1].connector is not None
    assert values(found[1].connector) == values(Connector.objects.get(pk=beside.connector_id))


def test_a_new_row_is_what_django_would_have_written(run: CommandRun) -> None:
    run.pk = None
    run.params = {"kept": ["ä", 1, None]}
    rows.add(run)
    assert run.pk is not None
    assert values(CommandRun.objects.get(pk=run.pk)) == values(run)
    run.reason = "Changed"
    run.save()
    assert CommandRun.objects.get(pk=run.pk).reason == "Changed"


def test_values_of_some_rows_alone(run: CommandRun) -> None:
    ask(run.connector, "unlock")
    names, where = ("pk", "command"), "closed_at IS NULL"
    found = rows.select(CommandRun, names, by="station_id", keys=[run.station_id], where=where)
    unclosed = CommandRun.objects.open()
    assert sorted(map(tuple, found)) == sorted(unclosed.values_list("pk", "command"))


def test_they_come_in_the_order_of_their_keys() -> None:
    made = [ConnectorFactory().pk for _ in range(3)]
    assert [each.pk for each in rows.load(Connector, [*reversed(made), 0])] == made
    assert rows.load(Connector, []) == []


def test_a_parent_is_given_without_a_query(run: CommandRun, django_assert_num_queries: Any) -> None:
    (found,) = rows.load(CommandRun, [run.pk])
    (station,) = rows.load(Station, [run.station_id])
    with django_assert_num_queries(0):
        rows.give(found, "station", station)
        rows.give(found, "connector", None)
        assert found.station is station
        assert found.connector is None
