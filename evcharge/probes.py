"""Balancers, Docker and Prometheus ask a node by its own address, over plain HTTP.

They are answered before anything asks which host was meant, or sends them on to https.
"""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from evcharge import figures, health

VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": health.healthz,
    "/readyz": health.readyz,
    "/metrics": figures.metrics,
}


@sync_and_async_middleware
def probes(get_response: Any) -> Any:
    """The outermost middleware; whatever is no probe passes."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> Any:
            view = VIEWS.get(request.path)
            if view is None:
                return await get_response(request)
            return await sync_to_async(view)(request)

        return answer_async

    def answer(request: HttpRequest) -> Any:
        return VIEWS.get(request.path, get_response)(request)

    return answer
