"""The list of sites beside the map: the same in words and numbers."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import Site
from operations.services import sites
from operations.services.sites import SiteState, Tally
from operations.statuses import ChargingStatus
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable


def state_of(site: Site) -> SiteState:
    """What is worst there, as `services.sites.with_state` found it."""
    return SiteState(getattr(site, "state", SiteState.EMPTY))


def stations_url(site_pk: int, **query: str) -> str:
    """The stations of exactly this site."""
    return f"{reverse('station-list')}?{urlencode({'at_site': site_pk, **query})}"


def chargers_url(site_pk: int, **query: str) -> str:
    """The chargers of exactly this site."""
    return f"{reverse('charger-list')}?{urlencode({'at_site': site_pk, **query})}"


class SiteTable(PortalTable):
    """Operations > Overview > Map."""

    row_name = "site"
    caption = gettext_lazy("Sites")
    empty_icon = "location-dot"

    name = PortalColumn(gettext_lazy("Site"), by=("name",))
    state = PortalColumn(gettext_lazy("State"), is_live=True)
    address = PortalColumn(gettext_lazy("Address"), css="wrap")
    connected = PortalColumn(gettext_lazy("Connected"), css="amount", is_live=True)
    offline = PortalColumn(gettext_lazy("Offline"), css="amount", is_live=True)
    faulted = PortalColumn(gettext_lazy("Faulted"), css="amount", is_live=True)
    charging = PortalColumn(gettext_lazy("Charging"), css="amount", is_live=True)
    place = PortalColumn(gettext_lazy("Place"))

    def learn(self, records: Sequence[Site]) -> None:
        """What there is at each of them."""
        self.tallies = sites.tallies([site.pk for site in records])

    def tally(self, record: Site) -> Tally:
        """What there is at this one."""
        return self.tallies.get(record.pk, Tally())

    def render_name(self, record: Site) -> SafeString:
        """Leads to its stations."""
        return format_html('<a href="{}">{}</a>', stations_url(record.pk), record.name)

    def value_name(self, record: Site) -> str:
        """The name alone."""
        return record.name

    def render_state(self, record: Site) -> SafeString:
        """What is worst there."""
        state = state_of(record)
        return cells.badge(word=state.label, tone=state.tone, icon=state.icon)

    def value_state(self, record: Site) -> str:
        """In a word."""
        return str(state_of(record).label)

    def render_connected(self, record: Site) -> SafeString:
        """Of how many, leading to them."""
        tally = self.tally(record)
        return _figure(
            self.value_connected(record), stations_url(record.pk, connection="connected"), tally
        )

    def value_connected(self, record: Site) -> str:
        """Of how many."""
        tally = self.tally(record)
        return f"{tally.connected}/{tally.stations}"

    def render_offline(self, record: Site) -> SafeString:
        """Leading to them."""
        url = stations_url(record.pk, connection="offline")
        return _figure(self.tally(record).offline, url, self.tally(record).offline)

    def value_offline(self, record: Site) -> str:
        """How many."""
        return str(self.tally(record).offline)

    def render_faulted(self, record: Site) -> SafeString:
        """Leading to them."""
        url = chargers_url(record.pk, charging_status=ChargingStatus.FAULTED.value)
        return _figure(self.tally(record).faulted, url, self.tally(record).faulted)

    def value_faulted(self, record: Site) -> str:
        """How many chargers."""
        return str(self.tally(record).faulted)

    def render_charging(self, record: Site) -> SafeString:
        """Leading to them."""
        url = chargers_url(record.pk, charging_status=ChargingStatus.CHARGING.value)
        return _figure(self.tally(record).charging, url, self.tally(record).charging)

    def value_charging(self, record: Site) -> str:
        """How many chargers."""
        return str(self.tally(record).charging)

    def value_place(self, record: Site) -> str:
        """Where it is, or that nobody has said."""
        if record.latitude is None or record.longitude is None:
            return _("not on the map")
        return f"{record.latitude:.4f}, {record.longitude:.4f}"

    def render_place(self, record: Site) -> str:
        """The same."""
        return self.value_place(record)


def _figure(text: object, url: str, amount: object) -> SafeString:
    """A figure that leads to what it counts; nothing leads nowhere."""
    return format_html('<a href="{}">{}</a>', url, text) if amount else format_html("{}", text)
