"""What the OCPP specifications say of settings: a data file for each version, read once.

A station's own word goes first: whether it can change a setting is what it reports, never this.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from operations.variables import Variable
from operations.versions import OcppVersion

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class KnownSetting:
    """A setting as its specification has it; `values` are the allowed ones, where it lists them."""

    key: str
    description: str
    source: str
    data_type: str = "string"
    unit: str = ""
    values: tuple[str, ...] = ()
    access: str = "RW"
    group: str = ""

    @property
    def is_on_off(self) -> bool:
        """Whether it is a switch."""
        return self.data_type == "boolean"


@cache
def of(version: OcppVersion) -> Mapping[str, KnownSetting]:
    """All that a version's specification and those it builds on know, by key."""
    known: dict[str, KnownSetting] = {}
    for older in reversed(version.lineage):
        known |= _read(FOLDER / f"{older.slug}.toml")
    return known


def find(version: OcppVersion | None, variable: Variable) -> KnownSetting | None:
    """What is known of a setting, wherever in the station it is."""
    if version is None:
        return None
    known = of(version)
    everywhere = replace(variable, component_instance="", evse=None, connector=None)
    found = known.get(variable.key) or known.get(everywhere.key)
    return found or known.get(replace(everywhere, instance="").key)


def _read(path: Path) -> dict[str, KnownSetting]:
    if not path.exists():
        return {}
    found: dict[str, KnownSetting] = {}
    for group in tomllib.loads(path.read_text(encoding="utf-8"))["group"]:
        for key, facts in group["settings"].items():
            found[key] = _known(key, facts, group)
    return found


def _known(key: str, facts: dict[str, Any], group: dict[str, Any]) -> KnownSetting:
    return KnownSetting(
        key=key,
        description=facts["is"],
        source=group["source"],
        data_type=facts.get("type", "string"),
        unit=facts.get("unit", ""),
        values=tuple(facts.get("values", ())),
        access=facts.get("access", "RW"),
        group=group["name"],
    )
