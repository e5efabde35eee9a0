"""docs/conformance.md and the marks of the conformance tests say the same, both ways."""

import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.conformance import test_octt_16, test_octt_21, test_octt_201, test_octt_201_operating

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"
MODULES = (test_octt_16, test_octt_201, test_octt_201_operating, test_octt_21)
# How many cases the certification has for a central system; of 2.1, only the new ones.
CASES = {"1.6": 77, "2.0.1": 253, "2.1": 77}

VERSION = re.compile(r"## OCPP ([\d.]+)")
ROW = re.compile(r"\| `(\w+)` \| ([^|]+) \| (?:`(\S+)`|(not yet: [^|]+)) \|")

Key = tuple[str, str]  # version and case


def rows() -> list[tuple[Key, str | None]]:
    """The page's cases in order: version, id, and the test or None."""
    found: list[tuple[Key, str | None]] = []
    version = ""
    for line in PAGE.read_text().splitlines():
        if heading := VERSION.match(line):
            version = heading[1]
        elif line.startswith("| `"):
            row = ROW.fullmatch(line)
            assert row, f"neither a test nor why there is none: {line}"
            found.append(((version, row[1]), row[3]))
    return found


def shown_by_the_suite() -> dict[Key, str]:
    """The test that is marked with each case, by the last part of its node id."""
    shown: dict[Key, str] = {}
    for module in MODULES:
        for node, mark in marks_of(module):
            for number in mark.args:
                key = (mark.kwargs.get("version", "1.6"), number)
                assert key not in shown, f"{key} is claimed by {shown[key]} and {node}"
                shown[key] = node
    return shown


def marks_of(module: ModuleType) -> list[tuple[str, Any]]:
    """The marks of a module's tests, and of their parameters."""
    file = Path(str(module.__file__)).name
    found = []
    for name, function in vars(module).items():
        if not name.startswith("test_"):
            continue
        for mark in getattr(function, "pytestmark", []):
            if mark.name == "octt":
                found.append((f"{file}::{name}", mark))
            elif mark.name == "parametrize":
                for parameter in mark.args[1]:
                    found += [
                        (f"{file}::{name}[{parameter.id}]", own)
                        for own in getattr(parameter, "marks", ())
                        if own.name == "octt"
                    ]
    return found


def test_every_case_of_the_certification_has_its_row() -> None:
    assert Counter(version for (version, _number), _test in rows()) == CASES
    assert [key for key, count in Counter(key for key, _test in rows()).items() if count > 1] == []


def test_the_page_and_the_suite_say_the_same() -> None:
    assert {key: test for key, test in rows() if test is not None} == shown_by_the_suite()
