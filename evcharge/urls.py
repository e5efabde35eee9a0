"""The addresses of the portal."""

from django.urls import include, path

from evcharge import health
from operations import admin

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("operations.urls")),
]
