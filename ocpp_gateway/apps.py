"""The station side as a Django application."""

from django.apps import AppConfig


class OcppGatewayConfig(AppConfig):
    """The station side: no models of its own."""

    name = "ocpp_gateway"
