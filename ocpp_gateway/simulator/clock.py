"""How a station writes the time: rightly, or as chargers in the field do."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(style: str, at: datetime) -> str:
    """A timestamp in the station's style."""
    if style == "naive":
        return at.strftime("%Y-%m-%dT%H:%M:%S")
    if style == "offset":
        return (at + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S+03")
    if style == "epoch":
        at = EPOCH + timedelta(seconds=at.timestamp() % 3600)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
