"""The addresses of the portal's pages."""

from django.urls import URLPattern, URLResolver, path

from operations.views import ask, runs, station_page

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "operations/stations/<int:pk>/", station_page.StationDetail.as_view(), name="station-detail"
    ),
    path(
        "operations/stations/<int:pk>/approve/",
        station_page.ApproveStation.as_view(),
        name="station-approve",
    ),
    path(
        "operations/stations/<int:pk>/ask/<slug:slug>/",
        ask.AskStation.as_view(),
        name="ask-station",
    ),
    path(
        "operations/chargers/<int:pk>/ask/<slug:slug>/",
        ask.AskCharger.as_view(),
        name="ask-charger",
    ),
    path(
        "operations/connectors/<int:pk>/ask/<slug:slug>/",
        ask.AskConnector.as_view(),
        name="ask-connector",
    ),
    path("operations/requests/<int:pk>/", runs.RunDetail.as_view(), name="run-detail"),
    path("operations/requests/<int:pk>/cancel/", runs.CancelRun.as_view(), name="run-cancel"),
    path("operations/requests/<int:pk>/again/", runs.AskAgain.as_view(), name="run-again"),
]
