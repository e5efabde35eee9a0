"""What every command has in common, and whom it can ask."""

from typing import Any

import pytest

from operations.commands import BY_SLUG, COMMANDS
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    SCHEDULED,
    Command,
    CommandForm,
    Outcome,
    Target,
)
from operations.services import targets
from operations.statuses import OperationalStatus, RunStatus
from operations.versions import V16, V201, VERSIONS
from tests.factories import ConnectorFactory, StationFactory

pytestmark = pytest.mark.django_db

unlock, lock = BY_SLUG["unlock"], BY_SLUG["lock"]


# Whatever the command


def test_slugs_are_found() -> None:
    assert list(BY_SLUG) == [command.slug for command in COMMANDS]


def test_a_version_without_words_for_it_cannot_be_asked() -> None:
    assert not lock.supports(V16)
    assert lock.supports(V201)
    with pytest.raises(LookupError, match=r"lock has no request in OCPP 1\.6"):
        lock.requests(V16, targets.of_station(StationFactory()), {})


def test_the_worst_of_several_outcomes_counts() -> None:
    failed = Outcome(RunStatus.FAILED, "x")
    assert unlock.combine([ACCEPTED, SCHEDULED]) is SCHEDULED
    assert unlock.combine([ACCEPTED, REJECTED, SCHEDULED]) is REJECTED
    assert unlock.combine([REJECTED, failed]) is failed


def test_an_answer_ocpp_does_not_define_is_a_failure_that_says_so() -> None:
    assert unlock.outcome("UnlockConnector", {"status": "Perhaps"}).status == RunStatus.FAILED
    assert "Perhaps" in unlock.outcome("UnlockConnector", {"status": "Perhaps"}).sentence
    assert "—" in unlock.outcome("UnlockConnector", {}).sentence


def test_a_command_that_declares_nothing_more_warns_of_nothing() -> None:
    class Plain(Command):
        slug = "plain"
        label = "Plain"

        def title(self, target: Target, params: dict[str, Any]) -> str:
            return super().title(target, params)  # type: ignore[safe-super,no-any-return]

    plain, target = Plain(), targets.of_station(StationFactory())
    assert plain.initial(target) == {}
    assert plain.warnings(target, {}) == ()
    assert plain.obstacle(target) is None
    assert plain.confirmation(target, {}, None) is None
    assert plain.nudge(V16, target, {}) == ()
    assert plain.withdrawal({}) is None
    assert not any(plain.supports(version) for version in VERSIONS)


def test_a_form_gives_what_was_asked_as_plain_data() -> None:
    form = CommandForm({}, target=targets.of_station(StationFactory()))
    assert form.is_valid()
    assert form.params() == {}


# Targets


def test_a_target_is_called_by_its_most_specific_name() -> None:
    connector = ConnectorFactory(charger__name="quay 1-A", number=2)
    station = targets.of_station(connector.station)
    assert (station.kind.value, station.name) == ("station", connector.station.name)
    charger = targets.of_charger(connector.charger)
    assert (charger.kind.value, charger.sentence_name) == ("charger", "Quay 1-A")
    aimed = targets.of_connector(connector)
    assert (aimed.kind.value, aimed.sentence_name) == ("connector", "Connector 2 of quay 1-A")


@pytest.mark.parametrize("level", ["station", "charger", "connector"])
def test_a_part_of_something_closed_is_closed(level: str) -> None:
    connector = ConnectorFactory()
    assert not targets.of_connector(connector).is_closed
    part = {
        "station": connector.station,
        "charger": connector.charger,
        "connector": connector,
    }[level]
    part.operational_status = OperationalStatus.CLOSED
    assert targets.of_connector(connector).is_closed


def test_discarded_connectors_are_not_asked() -> None:
    working = ConnectorFactory(number=1)
    ConnectorFactory(charger=working.charger, number=2, operational_status=OperationalStatus.CLOSED)
    assert targets.of_charger(working.charger).connectors == (working,)
    assert targets.of_station(working.station).connectors == (working,)
