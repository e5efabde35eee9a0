"""Draws folded stacks as a flame graph: one SVG, readable in any browser."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

WIDTH, ROW, LEAST = 1600, 17, 0.4
CHARACTER = 6.6


@dataclass
class Node:
    """A function as it was called from one place."""

    name: str
    samples: int = 0
    children: dict[str, "Node"] = field(default_factory=dict)

    def add(self, frames: list[str], samples: int) -> None:
        self.samples += samples
        if frames:
            child = self.children.setdefault(frames[0], Node(frames[0]))
            child.add(frames[1:], samples)

    def depth(self) -> int:
        return 1 + max((child.depth() for child in self.children.values()), default=0)


def read(lines: Iterable[str]) -> Node:
    root = Node("all")
    for line in lines:
        stack, _space, samples = line.rpartition(" ")
        root.add(stack.split(";"), int(samples))
    return root


def draw(root: Node, title: str) -> str:
    height = (root.depth() + 2) * ROW
    boxes = "\n".join(_boxes(root, root.samples or 1, 0.0, 0, height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="monospace" font-size="11">\n'
        f'<text x="4" y="12">{escape(title)}</text>\n{boxes}\n</svg>\n'
    )


def _boxes(node: Node, total: int, x: float, level: int, height: int) -> Iterator[str]:
    width = node.samples / total * WIDTH
    if width < LEAST:
        return
    y = height - (level + 1) * ROW
    hue = crc32(node.name.encode()) % 55
    share = f"{node.name} ({node.samples / total:.1%})"
    shown = escape(node.name[: int(width / CHARACTER)]) if width > 20 else ""
    yield (
        f'<g><title>{escape(share)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
        f'height="{ROW - 1}" fill="hsl({hue},80%,65%)"/>'
        f'<text x="{x + 2:.1f}" y="{y + 12}">{shown}</text></g>'
    )
    for child in sorted(node.children.values(), key=lambda each: each.name):
        yield from _boxes(child, total, x, level + 1, height)
        x += child.samples / total * WIDTH
