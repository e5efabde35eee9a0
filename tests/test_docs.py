"""The documents' tables say what the code says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpp_gateway.simulator.behaviours import BEHAVIOURS
from operations.commands import COMMANDS
from operations.commands.base import Command, CommandForm, Target
from operations.context_processors import ALERTS, AUDIT, MENU, UNKNOWN
from operations.models import Charger, Connector, Station
from operations.statuses import RunStatus
from operations.versions import VERSIONS
from tests.screenshots.pictures import PICTURES

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference.md"
MOST_BYTES_OF_PICTURES = 3_000_000


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


def test_every_picture_of_the_guide_is_taken_and_every_one_taken_is_shown() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs" / "guide").glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/(\S+)\.png", page.read_text())}
    assert shown == {picture.name for picture in PICTURES}
    kept = {image.stem: image.stat().st_size for image in (ROOT / "docs" / "images").iterdir()}
    assert set(kept) == shown
    assert sum(kept.values()) < MOST_BYTES_OF_PICTURES


def test_every_entry_of_the_menu_has_a_page_in_the_menus_order() -> None:
    text = (ROOT / "docs" / "guide" / "README.md").read_text()
    labels = [str(entry[0]) for entry in (*MENU, ALERTS, AUDIT, UNKNOWN)]
    places = [text.find(f"[{label}](") for label in labels]
    assert -1 not in places
    assert places == sorted(places)
    for linked in re.findall(r"\]\(([\w-]+\.md)\)", text):
        assert (ROOT / "docs" / "guide" / linked).exists(), linked
