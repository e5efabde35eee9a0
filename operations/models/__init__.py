"""What the portal remembers, one module per noun."""

from operations.models.alerts import Alert, AlertDelivery, AlertRule
from operations.models.audit import AuditEntry
from operations.models.batches import BatchSchedule, CommandBatch
from operations.models.files import Download, FileLink, FirmwareImage, ReceivedFile
from operations.models.history import FleetMinute
from operations.models.local_lists import ListContents, ListRevision, LocalList, StationList
from operations.models.looks import ListLook, SavedView
from operations.models.messages import OcppMessage
from operations.models.network import Charger, Connector, Organisation, Site, Station
from operations.models.nodes import Connection, Node
from operations.models.runs import CommandRun, RunTransition
from operations.models.sessions import MeterReading, Session
from operations.models.settings import AuthorizationProfile, SettingChange, StationSetting
from operations.models.templates import (
    ConfigurationTemplate,
    DriftPass,
    SettingDrift,
    TemplateSetting,
    TemplateVisit,
)
from operations.models.token_imports import StagedToken, TokenImport
from operations.models.tokens import RejectedToken, Token
from operations.models.told import ProtocolFinding, StationEvent, StationReport
from operations.models.users import User, UserSession

__all__ = [
    "Alert",
    "AlertDelivery",
    "AlertRule",
    "AuditEntry",
    "AuthorizationProfile",
    "BatchSchedule",
    "Charger",
    "CommandBatch",
    "CommandRun",
    "ConfigurationTemplate",
    "Connection",
    "Connector",
    "Download",
    "DriftPass",
    "FileLink",
    "FirmwareImage",
    "FleetMinute",
    "ListContents",
    "ListLook",
    "ListRevision",
    "LocalList",
    "MeterReading",
    "Node",
    "OcppMessage",
    "Organisation",
    "ProtocolFinding",
    "ReceivedFile",
    "RejectedToken",
    "RunTransition",
    "SavedView",
    "Session",
    "SettingChange",
    "SettingDrift",
    "Site",
    "StagedToken",
    "Station",
    "StationEvent",
    "StationList",
    "StationReport",
    "StationSetting",
    "TemplateSetting",
    "TemplateVisit",
    "Token",
    "TokenImport",
    "User",
    "UserSession",
]
