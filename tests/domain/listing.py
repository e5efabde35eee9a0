"""Local lists for tests: tokens, a station that is to hold them, and what it answers."""

import json
from typing import Any

from django.utils import timezone

from operations.models import (
    CommandRun,
    Connection,
    LocalList,
    OcppMessage,
    Organisation,
    Station,
    StationList,
)
from operations.models.local_lists import ListState
from operations.services import outcomes
from operations.services.local_lists import revisions, states
from operations.versions import V16, OcppVersion
from tests.domain.asked import ask, claim, connect, fresh
from tests.factories import OrganisationFactory, StationFactory, TokenFactory


def tokens(count: int, organisation: Organisation, *, first: int = 1) -> list[Any]:
    """Tokens that may charge, numbered."""
    return [
        TokenFactory(identifier=f"TAG{number:04}", organisation=organisation)
        for number in range(first, first + count)
    ]


def listed_station(
    count: int = 3, version: OcppVersion = V16, **of_list: Any
) -> tuple[Station, LocalList]:
    """A station, and the list of so many tokens it is to hold."""
    organisation = OrganisationFactory()
    tokens(count, organisation)
    local_list = LocalList.objects.create(organisation=organisation, name="All cards", **of_list)
    station = StationFactory(organisation=organisation, protocol=version.name)
    StationList.objects.create(station=station, local_list=local_list, is_own=True)
    revisions.refresh(local_list)
    return station, local_list


def changed(local_list: LocalList) -> None:
    """Tokens have changed, and a sweep has come by."""
    revisions.tokens_changed()
    local_list.refresh_from_db()
    revisions.refresh(local_list)


def copy_of(station: Station) -> StationList:
    """What the portal knows of the station's copy."""
    return StationList.objects.select_related(*states.RELATED).get(station=station)


class Sending:
    """A run whose calls a station answers one by one."""

    def __init__(
        self, run: CommandRun, version: OcppVersion = V16, connection: Connection | None = None
    ) -> None:
        self.run = run
        self.connection = connection or connect(run.station, version)
        claim(run, self.connection)

    @property
    def asked(self) -> OcppMessage:
        """The oldest call that is not answered yet."""
        waiting = OcppMessage.objects.filter(run=self.run, answered_at=None)
        message = waiting.order_by("pk").first()
        assert message is not None, f"nothing is asked: {fresh(self.run).summary}"
        return message

    @property
    def payload(self) -> dict[str, Any]:
        """What it asks."""
        payload: dict[str, Any] = json.loads(self.asked.call)[3]
        return payload

    @property
    def is_over(self) -> bool:
        """Whether nothing waits for an answer."""
        return not OcppMessage.objects.filter(run=self.run, answered_at=None).exists()

    def answers(self, payload: dict[str, Any] | None = None, **error: str) -> str:
        """Answer it; returns what it was."""
        message = self.asked
        outcomes.record_answer(
            unique_id=message.unique_id,
            station_pk=self.run.station_id,
            frame="[3]",
            answer=error or {"payload": payload or {}},
            answered_at=timezone.now(),
        )
        return message.action

    def says(self, status: str = "Accepted") -> dict[str, Any]:
        """Answer SendLocalList; returns what was sent."""
        assert self.asked.action == "SendLocalList"
        payload = self.payload
        self.answers({"status": status})
        return payload

    def is_looked_at(self, version: int = 0, **keys: str) -> None:
        """Answer what is asked before a list is sent."""
        if self.run.station.protocol == "1.6":
            self.answers({"listVersion": version})
            pairs = [{"key": key, "value": keys[key], "readonly": True} for key in keys]
            self.answers({"configurationKey": pairs})
        else:
            self.answers({"versionNumber": version})
            self.answers({"getVariableResult": [_variable(name, keys[name]) for name in keys]})

    def summary(self) -> tuple[str, str]:
        """Where the run is, and its sentence."""
        run = fresh(self.run)
        return run.status, run.summary


def _variable(name: str, value: str) -> dict[str, Any]:
    return {
        "attributeStatus": "Accepted",
        "attributeValue": value,
        "component": {"name": "LocalAuthListCtrlr"},
        "variable": {"name": name},
    }


def sending(
    station: Station,
    mode: str = "full",
    version: OcppVersion = V16,
    *,
    held: int = 0,
    **looks: Any,
) -> Sending:
    """A run that sends the list, up to its first piece."""
    begun = Sending(ask(station, "send-local-list", mode=mode), version)
    begun.is_looked_at(held, **looks)
    return begun


def identifiers(payload: dict[str, Any]) -> list[str]:
    return [entry["idTag"] for entry in payload["localAuthorizationList"]]


def confirmed(count: int = 3, version: OcppVersion = V16) -> tuple[Station, LocalList]:
    """A station that holds its list, version 1."""
    station, local_list = listed_station(count, version)
    talk = sending(station, version=version)
    talk.says()
    assert copy_of(station).state == ListState.IN_STEP
    return station, local_list


def one_more(local_list: LocalList, identifier: str = "ZNEW") -> None:
    TokenFactory(identifier=identifier, organisation=local_list.organisation)
    changed(local_list)
