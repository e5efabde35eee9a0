"""The stations an image is for, as they are chosen for a rollout."""

from operations.tables.stations import StationTable


class RolloutStationTable(StationTable):
    """Live as in the list of stations; with less of what they have in common."""

    class Meta:
        sequence = ("tick", "name", "connection", "firmware_version", "site", "last_request")
        exclude = (
            "identity",
            "serial_number",
            "model",
            "vendor",
            "operational_status",
            "protocol",
            "actions",
        )
