"""What the portal remembers, one module per noun."""

from operations.models.messages import OcppMessage
from operations.models.network import Charger, Connector, Organisation, Site, Station
from operations.models.nodes import Connection, Node
from operations.models.runs import CommandBatch, CommandRun, RunTransition
from operations.models.sessions import MeterReading, Session
from operations.models.tokens import Token
from operations.models.told import ProtocolFinding, StationEvent, StationReport
from operations.models.users import User

__all__ = [
    "Charger",
    "CommandBatch",
    "CommandRun",
    "Connection",
    "Connector",
    "MeterReading",
    "Node",
    "OcppMessage",
    "Organisation",
    "ProtocolFinding",
    "RunTransition",
    "Session",
    "Site",
    "Station",
    "StationEvent",
    "StationReport",
    "Token",
    "User",
]
