"""Where on a station a command is aimed, as each version says it."""

from operations.commands.base import Target


def connector_numbers(target: Target) -> tuple[int, ...]:
    """OCPP 1.6: connector 0 for all the station has, else each connector (§4.9)."""
    if target.connector is None and (target.charger is None or target.owns_station):
        return (0,)
    return tuple(connector.number for connector in target.connectors)


def evse_id(target: Target) -> int:
    """OCPP 2.x: the charger's number; 0 is the station."""
    return target.charger.number if target.charger else 0
