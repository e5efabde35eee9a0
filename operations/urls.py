"""The addresses of the portal's pages."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, path

from operations.views import (
    ask,
    chargers,
    health,
    home,
    messages,
    runs,
    sessions,
    station_page,
    stations,
    unknown_stations,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.Home.as_view(), name="home"),
    path("sign-in/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("operations/chargers/", chargers.ChargerList.as_view(), name="charger-list"),
    path(
        "operations/chargers/<int:pk>/connectors/",
        chargers.ChargerConnectors.as_view(),
        name="charger-connectors",
    ),
    path("operations/stations/", stations.StationList.as_view(), name="station-list"),
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
    path("operations/sessions/", sessions.SessionList.as_view(), name="session-list"),
    path("operations/sessions/<int:pk>/", sessions.SessionDetail.as_view(), name="session-detail"),
    path("operations/requests/", runs.RunList.as_view(), name="run-list"),
    path("operations/requests/<int:pk>/", runs.RunDetail.as_view(), name="run-detail"),
    path("operations/requests/<int:pk>/cancel/", runs.CancelRun.as_view(), name="run-cancel"),
    path("operations/requests/<int:pk>/again/", runs.AskAgain.as_view(), name="run-again"),
    path("operations/messages/", messages.MessageList.as_view(), name="message-list"),
    path("operations/messages/<int:pk>/", messages.MessageDetail.as_view(), name="message-detail"),
    path(
        "operations/stations/<int:pk>/health/",
        health.StationHealth.as_view(),
        name="station-health",
    ),
    path(
        "operations/stations/<int:pk>/disconnect/",
        health.DisconnectStation.as_view(),
        name="station-disconnect",
    ),
    path(
        "operations/stations/<int:pk>/quarantine/",
        health.QuarantineStation.as_view(),
        name="station-quarantine",
    ),
    path("operations/reports/<int:pk>/", health.ReportDetail.as_view(), name="station-report"),
    path(
        "operations/unknown-stations/",
        unknown_stations.UnknownStationList.as_view(),
        name="unknown-station-list",
    ),
    path(
        "operations/unknown-stations/<int:pk>/forget/",
        unknown_stations.ForgetStation.as_view(),
        name="unknown-station-forget",
    ),
]
