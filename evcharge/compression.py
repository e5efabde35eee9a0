"""What goes to browsers goes compressed: pages as they are made, static files once and for all.

Compressed secrets can be guessed from a page's length (BREACH). The one secret in our pages is
the CSRF token, which Django masks anew in each, and GZipMiddleware adds a random length.
"""

import gzip
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from servestatic.middleware import ServeStaticMiddleware
from servestatic.responders import StaticFile

WORDS = ("text/", "application/json", "application/javascript", "image/svg+xml")
PACKED_KINDS = {".css", ".js", ".json", ".svg"}
WORTH_BYTES = 1024  # less fits into the answer's first packet anyway


class PageCompression(GZipMiddleware):
    """Pages and their parts; not what is streamed, nor what nginx is asked to send."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        """Compress words that are whole."""
        is_whole = isinstance(response, HttpResponse) and not response.streaming
        if not is_whole or response.has_header("X-Accel-Redirect"):
            return response
        if not response.headers.get("Content-Type", "").startswith(WORDS):
            return response
        return super().process_response(request, response)


def static_files(get_response: Any) -> Any:
    """Static files, and the way to everything else, which needs no loop."""
    files = StaticFiles(sync_to_async(get_response))
    serve = async_to_sync(files)

    def answer(request: HttpRequest) -> Any:
        is_static = request.path_info.startswith(files.static_prefix)
        return serve(request) if is_static else get_response(request)

    return answer


class StaticFiles(ServeStaticMiddleware):  # type: ignore[misc]
    """Serves static files; texts have a compressed copy in the data folder.

    No step before the start has to make them, and a file that was changed is compressed anew.
    """

    def get_static_file(
        self, path: str, url: str, stat_cache: dict[str, os.stat_result] | None = None
    ) -> StaticFile:
        """The file, and its copy where it has one."""
        copy = packed(Path(path), (stat_cache or {}).get(path))
        if copy is None:
            return super().get_static_file(path, url, stat_cache)
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        return StaticFile(path, headers.items(), encodings={"gzip": str(copy)})


def packed(path: Path, stat: os.stat_result | None = None) -> Path | None:
    """The file's compressed copy, made where there is none; None where it isn't worth one."""
    if path.suffix not in PACKED_KINDS or not path.exists():
        return None
    stat = stat or path.stat()
    if stat.st_size < WORTH_BYTES:
        return None
    key = f"{path}:{stat.st_size}:{stat.st_mtime_ns}"
    copy = _folder() / f"{hashlib.sha256(key.encode()).hexdigest()}.gz"
    try:
        if not copy.exists():
            _pack(path, copy)
    except OSError:
        return None  # nothing may be written there: it is served as it is
    return copy


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "compressed"


def _pack(path: Path, copy: Path) -> None:
    """Several processes may do so at once: a copy is whole as soon as it is there."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as part,
        gzip.GzipFile(fileobj=part, mode="wb", mtime=0) as packing,
    ):
        packing.write(path.read_bytes())
    Path(part.name).replace(copy)
