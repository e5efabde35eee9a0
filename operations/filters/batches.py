"""Filters of the list of batches, of the runs of one, and of schedules."""

import django_filters
from django.utils.translation import gettext_lazy

from operations.filters import days
from operations.filters.base import PortalFilterSet
from operations.filters.runs import asked_by, commands, of_station, of_user, station
from operations.models import BatchSchedule, CommandBatch, CommandRun
from operations.statuses import BatchStatus, RunStatus


class BatchFilterSet(PortalFilterSet):
    """By command, status, who asked, and time."""

    command = django_filters.ChoiceFilter(choices=commands, label=gettext_lazy("Command"))
    status = django_filters.ChoiceFilter(choices=BatchStatus.choices, label=gettext_lazy("Status"))
    asked_by = asked_by()
    since = days.since("created_at", gettext_lazy("From"))
    until = days.until("created_at", gettext_lazy("Until"))

    of_user = of_user

    class Meta:
        model = CommandBatch
        fields = ("command", "status")


class BatchRunFilterSet(PortalFilterSet):
    """The runs of one batch, by status and station."""

    status = django_filters.ChoiceFilter(choices=RunStatus.choices, label=gettext_lazy("Status"))
    station = station()
    of_station = of_station

    class Meta:
        model = CommandRun
        fields = ("status",)


class ScheduleFilterSet(PortalFilterSet):
    """By command."""

    command = django_filters.ChoiceFilter(choices=commands, label=gettext_lazy("Command"))

    class Meta:
        model = BatchSchedule
        fields = ("command",)
