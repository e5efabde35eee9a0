"""The addresses of the portal."""

from django.urls import include, path

from evcharge import figures, health
from operations import admin

handler500 = "operations.views.failures.server_error"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", figures.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("", include("operations.account_urls")),
    path("", include("operations.urls")),
]
