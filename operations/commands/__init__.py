"""The list of commands, in menu order. To add one: its file, and one line here."""

from operations.commands.adjust_event_stream import AdjustEventStream
from operations.commands.allow_energy_transfer import AllowEnergyTransfer
from operations.commands.base import Command
from operations.commands.cancel_reservation import CancelReservation
from operations.commands.change_authorization import ChangeAuthorization
from operations.commands.change_availability import ChangeAvailability
from operations.commands.change_session_tariff import ChangeSessionTariff
from operations.commands.change_settings import ChangeSettings
from operations.commands.clear_cache import ClearCache
from operations.commands.clear_charging_profile import ClearChargingProfile
from operations.commands.clear_der_control import ClearDerControl
from operations.commands.clear_display_message import ClearDisplayMessage
from operations.commands.clear_monitoring import ClearMonitoring
from operations.commands.clear_tariffs import ClearTariffs
from operations.commands.custom_message import CustomMessage
from operations.commands.customer_information import CustomerInformation
from operations.commands.data_transfer import DataTransfer
from operations.commands.delete_certificate import DeleteCertificate
from operations.commands.diagnostic_request import DiagnosticRequest
from operations.commands.firmware_update import FirmwareUpdate
from operations.commands.get_base_report import GetBaseReport
from operations.commands.get_charging_profiles import GetChargingProfiles
from operations.commands.get_composite_schedule import GetCompositeSchedule
from operations.commands.get_der_control import GetDerControl
from operations.commands.get_display_messages import GetDisplayMessages
from operations.commands.get_event_streams import GetEventStreams
from operations.commands.get_local_list_version import GetLocalListVersion
from operations.commands.get_monitoring import GetMonitoring
from operations.commands.get_report import GetReport
from operations.commands.get_tariffs import GetTariffs
from operations.commands.get_transaction_status import GetTransactionStatus
from operations.commands.install_certificate import InstallCertificate
from operations.commands.list_certificates import ListCertificates
from operations.commands.lock import Lock
from operations.commands.publish_firmware import PublishFirmware
from operations.commands.read_settings import ReadSettings
from operations.commands.reboot import Reboot
from operations.commands.reserve import Reserve
from operations.commands.send_afrr_signal import SendAfrrSignal
from operations.commands.send_certificate import SendCertificate
from operations.commands.send_local_list import SendLocalList
from operations.commands.set_charging_profile import SetChargingProfile
from operations.commands.set_default_tariff import SetDefaultTariff
from operations.commands.set_der_control import SetDerControl
from operations.commands.set_display_message import SetDisplayMessage
from operations.commands.set_monitoring import SetMonitoring
from operations.commands.set_monitoring_base import SetMonitoringBase
from operations.commands.set_monitoring_level import SetMonitoringLevel
from operations.commands.set_network_profile import SetNetworkProfile
from operations.commands.start_session import StartSession
from operations.commands.stop_session import StopSession
from operations.commands.swap_battery import SwapBattery
from operations.commands.trigger_message import TriggerMessage
from operations.commands.unlock import Unlock
from operations.commands.unpublish_firmware import UnpublishFirmware
from operations.commands.update_cost import UpdateCost
from operations.commands.update_dynamic_schedule import UpdateDynamicSchedule
from operations.commands.use_priority_charging import UsePriorityCharging

COMMANDS: tuple[Command, ...] = (
    ChangeAvailability(),
    Unlock(),
    Lock(),
    Reboot(),
    FirmwareUpdate(),
    DiagnosticRequest(),
    TriggerMessage(),
    StartSession(),
    StopSession(),
    Reserve(),
    CancelReservation(),
    GetTransactionStatus(),
    SetChargingProfile(),
    ClearChargingProfile(),
    GetChargingProfiles(),
    GetCompositeSchedule(),
    UsePriorityCharging(),
    UpdateDynamicSchedule(),
    ReadSettings(),
    ChangeSettings(),
    ChangeAuthorization(),
    SendLocalList(),
    GetLocalListVersion(),
    ClearCache(),
    CustomerInformation(),
    GetBaseReport(),
    GetReport(),
    GetMonitoring(),
    SetMonitoring(),
    ClearMonitoring(),
    SetMonitoringBase(),
    SetMonitoringLevel(),
    GetEventStreams(),
    AdjustEventStream(),
    SetDisplayMessage(),
    GetDisplayMessages(),
    ClearDisplayMessage(),
    UpdateCost(),
    GetTariffs(),
    SetDefaultTariff(),
    ClearTariffs(),
    ChangeSessionTariff(),
    InstallCertificate(),
    ListCertificates(),
    DeleteCertificate(),
    SendCertificate(),
    SetNetworkProfile(),
    PublishFirmware(),
    UnpublishFirmware(),
    SetDerControl(),
    GetDerControl(),
    ClearDerControl(),
    AllowEnergyTransfer(),
    SendAfrrSignal(),
    SwapBattery(),
    DataTransfer(),
    CustomMessage(),
)

BY_SLUG = {command.slug: command for command in COMMANDS}
