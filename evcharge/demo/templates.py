"""The demo's configuration template: what differs shows once stations' settings are read."""

from operations.models import ConfigurationTemplate
from operations.models.templates import Bound
from operations.services import templates

SETTINGS = """
HeartbeatInterval = 300
MeterValueSampleInterval = 60
OCPPCommCtrlr.HeartbeatInterval = 300
SampledDataCtrlr.TxUpdatedInterval = 60
"""


def create() -> None:
    """One for every station."""
    template = ConfigurationTemplate(
        name="Every station", code="every-station", description="Heartbeats and meter values"
    )
    templates.save(template=template, lines=list(templates.read_lines(SETTINGS, Bound.STATION)))
