"""Leaves out of a published style sheet what no page of the portal uses.

`python -m tests.vendored.reduce PUBLISHED.css REDUCED.css`; docs/vendored.md says which.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.vendored import sources

# Components the portal does not have, though it may use the words: its own are not Tabler's.
NOT_OURS = (Path(__file__).parent / "not-ours.txt").read_text().split()
FOREIGN = re.compile("|".join(rf"\.{re.escape(name.rstrip('-'))}(?![\w])" for name in NOT_OURS))
UNKNOWN_MARK = re.compile("data-bs-navbar|bs-popover|bs-tooltip")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
FUNCTION = re.compile(r":(?:not|is|where|has)\([^()]*(?:\([^()]*\)[^()]*)*\)")
DECLARED = re.compile(r"(--[\w-]+)\s*:")
ASKED = re.compile(r"var\(\s*(--[\w-]+)")
NESTING = ("@media", "@supports", "@container", "@layer")
# "0%" and "to" are no selectors.
WHOLE = ("@keyframes", "@font-face", "@page", "@property", "@charset", "@-webkit-keyframes")


def parts(css: str, separator: str = "") -> Iterator[str]:
    """Its blocks one after the other; or what stands between separators, brackets heeded."""
    depth, begin, quote = 0, 0, ""
    for place, sign in enumerate(css):
        if quote:
            quote = "" if sign == quote and css[place - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "{([":
            depth += 1
        elif sign in "})]":
            depth -= 1
        ends = sign == separator if separator else sign == "}"
        if not quote and depth == 0 and ends:
            yield css[begin : place + (not separator)].strip()
            begin = place + 1
    if css[begin:].strip():
        yield css[begin:].strip()


def classes(selector: str) -> set[str]:
    """The classes an element must have, or one of those around it."""
    return set(CLASS.findall(FUNCTION.sub("", selector)))


def may_apply(selector: str) -> bool:
    """Whether it may find something on a page."""
    is_foreign = FOREIGN.search(selector) or UNKNOWN_MARK.search(selector)
    return not is_foreign and all(map(sources.is_used, classes(selector)))


def used_rules(css: str) -> Iterator[str]:
    """The blocks that may apply to something."""
    for block in parts(css):
        head, _, body = block.partition("{")
        body = body.removesuffix("}")
        if head.startswith(NESTING):
            inner = "".join(used_rules(body))
            if inner:
                yield f"{head}{{{inner}}}"
        elif head.startswith(WHOLE):
            yield block
        else:
            kept = [each for each in parts(head, ",") if may_apply(each)]
            if kept:
                yield f"{','.join(kept)}{{{body}}}"


def without_unasked(css: str, asked: set[str]) -> str:
    """Without the custom properties that nothing asks for."""

    def trim(block: str) -> str:
        head, brace, body = block.partition("{")
        if head.startswith(NESTING):
            return f"{head}{{{''.join(map(trim, parts(body.removesuffix('}'))))}}}"
        if not brace or head.startswith(WHOLE):
            return block
        left = [
            each
            for each in parts(body.removesuffix("}"), ";")
            if not (name := DECLARED.match(each)) or name[1] in asked
        ]
        return f"{head}{{{';'.join(left)}}}" if left else ""

    return "".join(map(trim, parts(css)))


def reduced(css: str, ours: str) -> str:
    """What pages may use of it; `ours` are the portal's own style sheets and scripts."""
    notice = re.match(r"(@charset[^;]*;)?\s*(/\*!.*?\*/)?", css, re.DOTALL)
    assert notice
    css = re.sub(r"/\*.*?\*/", "", css[notice.end() :], flags=re.DOTALL)
    css = "".join(used_rules(css))
    own = set(re.findall(r"--[\w-]+", ours))
    while True:
        fewer = without_unasked(css, own | set(ASKED.findall(css)))
        if fewer == css:
            return f"{notice[0]}\n{css}\n"
        css = fewer


def left_out(css: str, less: str) -> list[str]:
    """The classes that are no longer there, for want of a page that has them."""
    gone = set(CLASS.findall(css)) - set(CLASS.findall(less))
    return sorted(name for name in gone if not sources.is_used(name))


def main() -> None:
    published, target = map(Path, sys.argv[1:3])
    ours = "".join(
        path.read_text()
        for kind in ("css", "js")
        for path in (sources.ROOT / "static").rglob(f"*.{kind}")
        if sources.VENDOR not in path.parents
    )
    css = published.read_text()
    less = reduced(css, ours)
    target.write_text(less)
    names = Path(__file__).parent / f"{target.name.partition('.')[0]}-left-out.txt"
    names.write_text("\n".join(left_out(css, less)) + "\n")


if __name__ == "__main__":
    main()
