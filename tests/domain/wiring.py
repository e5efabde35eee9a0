"""What a command puts on the wire, checked against the schemas."""

from typing import Any

from ocpp_gateway.schemas import check_request
from operations.commands.base import Command, Target
from operations.models import Connector
from operations.versions import OcppVersion
from tests.factories import ConnectorFactory


def connector_of(version: OcppVersion, **more: Any) -> Connector:
    connector: Connector = ConnectorFactory(charger__station__protocol=version.name, **more)
    return connector


def wire(
    command: Command, version: OcppVersion, target: Target, **params: str
) -> list[tuple[str, Any]]:
    """What goes over the wire, which keeps to the schema."""
    requests = command.requests(version, target, params)
    for request in requests:
        assert check_request(version, request.action, request.payload) is None
    return [(request.action, request.payload) for request in requests]
