"""Reads a list page as a person copies it: the cells' text, without what only screens show."""

import csv
import html
import io
import re
from html.parser import HTMLParser

from django.http import HttpResponse

VOID = {"input", "img", "br", "link", "meta", "hr"}


class PageRows(HTMLParser):
    """The lines of the first table: cells that are data, as Copy takes them."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self._text: list[str] | None = None
        self._export: str | None = None
        self._unseen = 0
        self._is_over = False
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        unseen = (
            "visually-hidden" in (given.get("class") or "")
            or given.get("aria-hidden") == "true"
            or "data-no-export" in given
        )
        if tag not in VOID and (self._unseen or unseen):
            self._unseen += 1
        elif tag == "tr" and not self._is_over:
            self.lines.append([])
        elif tag in {"td", "th"} and not self._is_over:
            self._text, self._export = [], given.get("data-export")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
        elif tag in {"td", "th"} and self._text is not None:
            text = "".join(self._text) if self._export is None else self._export
            self.lines[-1].append(" ".join(text.split()))
            self._text = None
        elif tag == "table":
            self._is_over = True

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._unseen:
            self._text.append(data)


def page_lines(response: HttpResponse) -> list[list[str]]:
    """Header and rows of a list page."""
    return [line for line in PageRows(response).lines if line]


def csv_lines(response: HttpResponse) -> list[list[str]]:
    """Header and rows of a CSV answer."""
    return list(csv.reader(io.StringIO(response.content.decode(), newline="")))


def column(response: HttpResponse, label: str) -> list[str]:
    """One column of a list page."""
    header, *rows = page_lines(response)
    return [row[header.index(label)] for row in rows]


def said(response: HttpResponse) -> str:
    """A page's words, on one line."""
    return " ".join(re.sub(r"<[^>]+>", "", html.unescape(response.text)).split())
