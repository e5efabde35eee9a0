"""A language nobody speaks, made from every sentence the project has: what stays plain is untold.

Each sentence comes out between ⟦ and ⟧ with accents on its letters; what is filled into it, and
its markup, stay as they are. Made with the tools translators use, so that a sentence they would
never see stays English too.
"""

import gettext
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import django

from tests import services

CODE = "xx"
ROOT = Path(__file__).parent.parent
ROOMS = ("evcharge", "operations", "ocpp_gateway", "templates", "static/js")
# Their sentences are translated where they come from.
OTHERS = ("django", "allauth", "django_filters", "django_tables2", "import_export", "axes")
PLURALS = "nplurals=2; plural=(n != 1);"

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD = "åƀčđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁČĐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"
ACCENTS = str.maketrans(_PLAIN, _ODD)
# What is filled in, markup and its entities.
KEPT = re.compile(
    r"(%\(\w+\)[#0\- +]?[\d.]*[sdrfg]|%[\d.]*[sdrfg%]|\{[^{}]*\}|<[^<>]+>|&#?\w+;|\n)"
)


def say(text: str) -> str:
    """The sentence in that language."""
    parts = KEPT.split(text)
    parts[::2] = [part.translate(ACCENTS) for part in parts[::2]]
    said = "".join(parts)
    # gettext wants the same line break at the end.
    return f"⟦{said[:-1]}⟧\n" if said.endswith("\n") else f"⟦{said}⟧"


def make(folder: Path) -> Path:
    """The language's catalogues: `LOCALE_PATHS` is to be the folder returned."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    made = folder / "locale"
    made.mkdir()
    for domain in ("django", "djangojs"):
        _collect(folder, domain)
        _compile(made / CODE / "LC_MESSAGES", domain)
    return made


def _collect(folder: Path, domain: str) -> None:
    services.require("gettext")
    env = {"PATH": os.environ["PATH"], "DEBUG": "true", "DATA_DIR": str(folder / "var")}
    command = [sys.executable, "manage.py", "makemessages", "-l", CODE, "-d", domain, "-v", "0"]
    subprocess.run(command, cwd=folder, env=env, check=True)  # noqa: S603


def _compile(folder: Path, domain: str) -> None:
    source, target = folder / f"{domain}.po", folder / f"{domain}.mo"
    msgen = services.require("gettext").with_name("msgen")
    subprocess.run([msgen, "-o", source, source], check=True)  # noqa: S603
    text = source.read_text(encoding="utf-8")
    source.write_text(re.sub("nplurals=INTEGER.*EXPRESSION;", PLURALS, text), encoding="utf-8")
    subprocess.run(  # noqa: S603
        [msgen.with_name("msgfmt"), "--check-format", "--use-fuzzy", "-o", target, source],
        check=True,
    )
    known = _read(target)
    if domain == "django":
        known = _others() | known
    _write(target, {key: say(text) for key, text in known.items() if key})


Catalogue = dict[str | tuple[str, int], str]


def _read(path: Path) -> Catalogue:
    with path.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]


def _others() -> Catalogue:
    """What the libraries say, in English: the keys of what they say in German."""
    found: Catalogue = {}
    site = Path(django.__file__).parent.parent
    for library in OTHERS:
        for path in (site / library).rglob("locale/de/LC_MESSAGES/django.mo"):
            for key in _read(path):
                text = key if isinstance(key, str) else key[0]
                found[key] = text.rpartition("\x04")[2]
    return found


def _write(path: Path, said: Catalogue) -> None:
    """As GNU's msgfmt would: a head, two tables of lengths and places, and the texts."""
    texts = {"": f"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: {PLURALS}\n"}
    for key, text in said.items():
        if isinstance(key, str):
            texts[key] = text
        elif key[1] == 0:
            texts[f"{key[0]}\0{key[0]}"] = f"{text}\0{said.get((key[0], 1), text)}"
    keys = sorted(texts, key=str.encode)
    columns = [[key.encode() for key in keys], [texts[key].encode() for key in keys]]
    count, place = len(keys), 28 + 16 * len(keys)
    tables, body = b"", b""
    for column in columns:
        for text in column:
            tables += struct.pack("<II", len(text), place + len(body))
            body += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, place)
    path.write_bytes(head + tables + body)
