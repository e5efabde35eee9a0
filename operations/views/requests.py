"""What the portal's middleware makes of a request."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from operations.models import User


class PortalRequest(HttpRequest):
    """A signed-in person's request (every page asks for that), maybe sent by htmx."""

    user: User
    htmx: HtmxDetails
