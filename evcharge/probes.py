"""Balancers, Docker and Prometheus ask a node by its own address, over plain HTTP.

They are answered before anything asks which host was meant, or sends them on to https.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from evcharge import figures, health

Answer = Callable[[HttpRequest], HttpResponse]

VIEWS: dict[str, Answer] = {
    "/healthz": health.healthz,
    "/readyz": health.readyz,
    "/metrics": figures.metrics,
}


def probes(get_response: Answer) -> Answer:
    """The outermost middleware; whatever is no probe passes."""

    def answer(request: HttpRequest) -> HttpResponse:
        return VIEWS.get(request.path, get_response)(request)

    return answer
