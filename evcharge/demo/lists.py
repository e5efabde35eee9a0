"""The demo's local lists: one sent by hand to two sites, one that keeps a third up by itself."""

from operations.models import LocalList, Organisation, Site, Token
from operations.models.local_lists import ListSource
from operations.services.local_lists import assigning

FLEET = "FLEET-ALPINE"
MEMBERS = 24


def create() -> None:
    """Lists, and tokens enough to need several messages."""
    alpine = Organisation.objects.get(code="alpine-drive")
    Token.objects.bulk_create(
        Token(identifier=f"04AD{number:06}", organisation=alpine, group=FLEET, holder="Fleet")
        for number in range(1, MEMBERS + 1)
    )
    # Longer than OCPP 1.6 can say.
    Token.objects.create(
        identifier="SI-ALP-C0012345-6789-X", type="eMAID", organisation=alpine, group=FLEET
    )
    _make("Cards of Alpine Drive", alpine, ["castle-garage", "lake-resort"])
    _make("Fleet of Alpine Drive", alpine, ["tunnel-rest"], source=ListSource.GROUP, group=FLEET)
    northern = Organisation.objects.get(code="northern-grid")
    _make("Cards for everywhere", northern, ["harbour-east"], syncs=True)
    # For those who are wrong about lists.
    city = Organisation.objects.get(code="city-parking")
    _make("Cards of the test bench", city, ["test-bench"])


def _make(name: str, organisation: Organisation, sites: list[str], **fields: object) -> None:
    assigning.save(
        local_list=LocalList(name=name, organisation=organisation, **fields),
        sites=list(Site.objects.filter(code__in=sites)),
        tokens=[],
    )
