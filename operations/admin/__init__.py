"""The admin site: everything the portal keeps, for admins who see the whole network."""

from operations.admin import log, network, people
from operations.admin.site import site

__all__ = ["log", "network", "people", "site"]
