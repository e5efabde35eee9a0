"""The documents' tables say what the code says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpp_gateway.simulator.behaviours import BEHAVIOURS
from operations.commands import COMMANDS
from operations.commands.base import Command, CommandForm, Target
from operations.models import Charger, Connector, Station
from operations.statuses import RunStatus
from operations.versions import VERSIONS

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference.md"


def rows(document: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = document.read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def form_of(command: Command) -> CommandForm:
    station = Station(name="Quay", identity="QUAY", protocol="2.1")
    charger = Charger(station=station, number=1, name="Quay")
    connector = Connector(charger=charger, station=station, number=1)
    return command.form(target=Target(station, charger, connector))


def documented_commands() -> Iterator[list[str]]:
    for command in COMMANDS:
        yield [
            f"`{command.slug}`",
            str(command.label),
            ", ".join(sorted(kind.value for kind in command.targets)),
            command.permission.value,
            ", ".join(str(each) for each in reversed(VERSIONS) if command.supports(each)),
            " ".join(f"`{name}`" for name in form_of(command).fields) or "none",
        ]


def documented_statuses() -> Iterator[list[str]]:
    for status in RunStatus:
        yield [f"`{status.value}`", str(status.label), "open" if status.is_open else "closed"]


def documented_behaviours() -> Iterator[list[str]]:
    for behaviour in BEHAVIOURS:
        name = f"{behaviour.name}[=…]" if behaviour.argument else behaviour.name
        yield [f"`{name}`", behaviour.about]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Commands", documented_commands),
        ("Statuses of a run", documented_statuses),
        ("Behaviours of simulated stations", documented_behaviours),
    ],
)
def test_a_table_of_the_reference_is_what_the_code_has(heading: str, expected: object) -> None:
    assert rows(REFERENCE, heading) == list(expected())  # type: ignore[operator]


def test_every_setting_of_the_environment_is_documented() -> None:
    names = ("settings.py", "signing_in.py", "environment.py")
    sources = [ROOT / "evcharge" / name for name in names]
    text = "".join(source.read_text() for source in sources)
    read = set(re.findall(r'env\.\w+,\s*"([A-Z0-9_]+)"', text))
    assert "SECRET_KEY" in read
    documented = {row[0].strip("`") for row in rows(ROOT / "docs" / "operating.md", "Settings")}
    assert documented == read
