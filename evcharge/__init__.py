"""The project: settings, addresses, servers. Wiring, no behaviour."""

from evcharge.celery import app as celery_app

__all__ = ["celery_app"]
