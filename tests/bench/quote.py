"""Puts a bench's figures into the documents that quote them: `python -m tests.bench.quote`.

A row of a table there begins with a row's name in backticks, as `make bench` prints it; its second
cell is the figure. Rows that were not measured keep what they say.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench.table import shown

DOCS = Path(__file__).resolve().parents[2] / "docs"
QUOTING = (DOCS / "scaling.md", DOCS / "deploying.md")
QUOTED = re.compile(r"^\| `(?P<what>[^`]+)` \|(?P<figure>[^|]*)\|", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", type=Path, nargs="?", default=Path("bench.json"))
    arguments = parser.parse_args()
    figures = figures_of(json.loads(arguments.json.read_text()))
    for document in QUOTING:
        text = document.read_text()
        document.write_text(quoted(text, figures))
        for what in sorted(names_in(text) - figures.keys()):
            sys.stdout.write(f"{document.name}: not in {arguments.json}: {what}\n")
    return 0


def figures_of(rows: list[dict[str, object]]) -> dict[str, str]:
    """What the second cell says, by the row's name."""
    return {
        str(row["what"]): f"{shown(float(str(row['ours'])))} {row['unit']}".strip() for row in rows
    }


def names_in(text: str) -> set[str]:
    return {found["what"] for found in QUOTED.finditer(text)}


def quoted(text: str, figures: Mapping[str, str]) -> str:
    """The document with these figures in it."""

    def replace(found: re.Match[str]) -> str:
        figure = figures.get(found["what"], found["figure"].strip())
        return f"| `{found['what']}` | {figure} |"

    return QUOTED.sub(replace, text)


if __name__ == "__main__":
    sys.exit(main())
