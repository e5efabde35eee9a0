"""How many queries a page takes, without what all pages of the next few seconds share."""

from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext


def queries_of(client: Client, url: str) -> list[str]:
    """The statements of a look at the page; the fleet's figures in the top bar are known."""
    cache.clear()  # so that no figure ends its few seconds on the way
    client.get("/operations/keyboard/")
    with CaptureQueriesContext(connection) as queries:
        response: HttpResponse = client.get(url)
    assert response.status_code == 200, url
    return [query["sql"] for query in queries.captured_queries]
