"""The portal's front door."""

from django.views.generic import RedirectView


class Home(RedirectView):
    """Leads to the overview."""

    pattern_name = "overview"
