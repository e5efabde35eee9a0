"""Who a request is from: pages show times in their zone, and the audit log names them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from operations.services import auditing


class TimeZoneMiddleware:
    """Activates the organisation's time zone for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside the user's zone."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(request.user.time_zone):
            return self.get_response(request)


class ActorMiddleware:
    """What a request changes is its user's doing, from its address.

    Behind a proxy the address is the browser's where `serve --proxy-headers` believes it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the user's name."""
        address = request.META.get("REMOTE_ADDR") or ""
        with auditing.acting(auditing.person(request.user, address=address)):
            return self.get_response(request)
