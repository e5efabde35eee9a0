"""The words in the portal's own sources: whatever is named there may be a class on a page."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
FOLDERS = {
    "templates": (".html",),
    "operations": (".py",),
    "evcharge": (".py",),
    "static": (".js",),
}
WORD = re.compile(r"[A-Za-z_][\w-]*")
# What is surely meant as a class, or as an icon's name: class="...", icon="bolt", "fa-bolt".
ATTRIBUTE = re.compile(r'class="([^"]*)"')
QUOTED = re.compile(r"""["']([A-Za-z_][\w-]*)["']""")
ICON = re.compile(r"\bfa-([\w-]+)")
# "badge bg-{{ tone }}-lt": any class that begins and ends so.
JOINED = re.compile(r"([\w-]*-)(?:\{\{.*?\}\}|\{%.*?%\}|\{[\w.]+\}|\$\{.*?\})([\w-]*)")


def files() -> Iterator[Path]:
    """The templates, and the code that says what is on a page."""
    for folder, kinds in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in kinds and VENDOR not in path.parents:
                yield path


@cache
def words() -> frozenset[str]:
    """Every word of them."""
    return frozenset(word for path in files() for word in WORD.findall(path.read_text()))


@cache
def joined() -> tuple[tuple[str, str], ...]:
    """How classes begin and end whose middle is only known on the page."""
    found = {part for path in files() for part in JOINED.findall(path.read_text())}
    return tuple(sorted(part for part in found if part[0] not in {"fa-", "-"}))


def is_used(name: str) -> bool:
    """Whether a page may have this class."""
    word = name.removeprefix("fa-") if name.startswith("fa-") else name
    return (
        name in words()
        or word in words()
        or any(name.startswith(begin) and name.endswith(end) for begin, end in joined())
    )


@cache
def named() -> frozenset[str]:
    """The classes and icons that are named for sure."""
    found: set[str] = set()
    for path in files():
        text = path.read_text()
        for attribute in ATTRIBUTE.findall(text):
            found.update(attribute.split())
        found.update(QUOTED.findall(text))
        found.update(f"fa-{name}" for name in (*QUOTED.findall(text), *ICON.findall(text)))
    return frozenset(found)
