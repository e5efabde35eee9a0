"""Files of tokens, uploaded and imported as people do."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from operations import tasks
from operations.models import TokenImport
from tests.pages.reading import said

IMPORT = "/operations/tokens/import/"


def upload(desk: Client, content: str | bytes, **fields: Any) -> HttpResponse:
    body = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("cards.csv", body)
    return desk.post(IMPORT, {"upload": file, **fields})


def imported(desk: Client, content: str | bytes) -> HttpResponse:
    """The page of a file that was uploaded and checked."""
    response = upload(desk, content)
    assert response.status_code == 302, said(response)
    found = TokenImport.objects.get()
    tasks.check_tokens(found.pk)
    return desk.get(response["Location"])
