"""What people read when the portal fails: what is away, where that is known, and what to do."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

TRY_AGAIN_S = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away or too busy; 500 for what nobody expected."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return defaults.server_error(request)
    return HttpResponse(
        # Without the request: who is signed in is in the database.
        render_to_string("503.html"),
        status=503,
        headers={"Retry-After": str(TRY_AGAIN_S)},
    )
