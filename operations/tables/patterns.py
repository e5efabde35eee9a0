"""A component's template, run once for each of its shapes and then only filled in.

A page has hundreds of badges and buttons; running a template for each takes longer than all the
rest of the page. The markup stays in one place: the template.
"""

import html
import re
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from operations.commands.base import Text

# No browser and no text has this character; what stands between two of them is a value's name.
MARK = "\x00"
PLACE = re.compile(f"{MARK}([a-z_]+){MARK}")


def fill(template_name: str, *, shape: tuple[str, ...] = (), **values: Text) -> SafeString:
    """The template with these values.

    It may ask whether a value is empty, and show it as it is; nothing else, except for what
    `shape` names as set, which it may ask anything about.
    """
    words = {
        name: value if isinstance(value, str) else str(value) for name, value in values.items()
    }
    given = tuple(name for name, word in words.items() if word)
    parts = _pattern(template_name, get_language(), given, shape)
    # Every second part is the name of a value.
    return SafeString(
        "".join(escaped(words[part]) if place % 2 else part for place, part in enumerate(parts))
    )


@lru_cache(maxsize=500)
def _pattern(
    template_name: str, _language: str | None, given: tuple[str, ...], shape: tuple[str, ...]
) -> tuple[str, ...]:
    marks = {name: f"{MARK}{name}{MARK}" for name in given}
    filled = render_to_string(template_name, marks | dict.fromkeys(shape, True))
    return tuple(PLACE.split(filled.strip()))


def escaped(text: str) -> str:
    """As conditional_escape has it, for what is a string already: hundreds on a page."""
    return text if isinstance(text, SafeString) else html.escape(text)
