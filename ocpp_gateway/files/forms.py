"""Files inside of a multipart form, taken out as the form arrives (RFC 7578)."""

from collections.abc import Iterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

MOST_FILES = 10


class MalformedFormError(Exception):
    """It cannot be told apart what is in there."""


@dataclass(frozen=True, slots=True)
class FileBegins:
    """A file's name is known, its bytes follow."""

    name: str


@dataclass(frozen=True, slots=True)
class FileEnds:
    """All bytes of the file were there."""


Event = FileBegins | FileEnds | bytes


def boundary_of(content_type: str) -> bytes | None:
    """What separates the parts, None for a body that is no form."""
    kind, options = parse_options_header(content_type)
    return options.get(b"boundary") if kind == b"multipart/form-data" else None


class FileForm:
    """Bytes in, events out; fields that are no files are passed over."""

    def __init__(self, boundary: bytes) -> None:
        self._events: list[Event] = []
        self._header = (b"", b"")
        self._disposition = b""
        self._is_in_file = False
        self._files = 0
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_ends,
                },
            )
        except FormParserError as error:
            raise MalformedFormError(str(error)) from error

    def feed(self, data: bytes) -> Iterator[Event]:
        """What became known by this piece; raises MalformedFormError."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise MalformedFormError(str(error)) from error
        events, self._events = self._events, []
        yield from events

    def _part_begins(self) -> None:
        self._header, self._disposition = (b"", b""), b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_ends(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = (b"", b"")

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"filename")
        self._is_in_file = name is not None
        if name is None:
            return
        self._files += 1
        if self._files > MOST_FILES:
            raise MalformedFormError(f"More than {MOST_FILES} files in one form.")
        self._events.append(FileBegins(name.decode("utf-8", "replace")))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_in_file:
            self._events.append(data[start:end])

    def _part_ends(self) -> None:
        if self._is_in_file:
            self._events.append(FileEnds())
        self._is_in_file = False
