"""Pictures of pages made small: 256 colours are enough for them, and a palette is all they need."""

import base64
import struct
import zlib
from typing import Any

from playwright.sync_api import Page

# The most frequent colours that are not nearly one another's; every other takes the nearest.
REDUCE = """async (encoded) => {
  const image = new Image();
  image.src = `data:image/png;base64,${encoded}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const pixels = new Uint32Array(data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const apart = (one, other) => one.reduce((sum, part, at) => sum + (part - other[at]) ** 2, 0);
  const palette = [];
  const frequent = [...counts].sort((one, other) => other[1] - one[1]).map(([pixel]) => pixel);
  for (const least of [160, 40, 0]) {
    for (const pixel of frequent) {
      if (palette.length === 256) break;
      const colour = parts(pixel);
      if (palette.every((other) => apart(colour, other) > least)) palette.push(colour);
    }
  }
  const places = new Map();
  const nearest = (pixel) => {
    const colour = parts(pixel);
    const far = palette.map((other) => apart(colour, other));
    return far.indexOf(Math.min(...far));
  };
  let rows = "";
  for (const pixel of pixels) {
    if (!places.has(pixel)) places.set(pixel, nearest(pixel));
    rows += String.fromCharCode(places.get(pixel));
  }
  return { width: image.width, height: image.height, palette: palette.flat(), rows: btoa(rows) };
}"""


def shrink(page: Page, picture: bytes) -> bytes:
    """The same picture with a palette; `page` is any page without a policy of its own."""
    found = page.evaluate(REDUCE, base64.b64encode(picture).decode())
    return _png(found)


def _png(found: dict[str, Any]) -> bytes:
    width, height = found["width"], found["height"]
    places = base64.b64decode(found["rows"])
    # A zero before each row: not filtered, which suits palettes best.
    rows = b"".join(b"\0" + places[row * width : (row + 1) * width] for row in range(height))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(found["palette"])),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
