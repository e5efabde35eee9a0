"""Master data comes and goes in files: whole or not at all, with every mistake in words."""

import io
import json
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from operations.models import AuditEntry, Charger, Connector, Station, Token
from operations.models.audit import Deed
from operations.statuses import OperationalStatus, Registration, Role
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    SiteFactory,
    StationFactory,
    TokenFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

CSV, XLSX, JSON = "0", "1", "2"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN))
    return client


def preview(admin: Client, noun: str, content: str | bytes, file_format: str = CSV) -> HttpResponse:
    """Upload a file; nothing is written yet."""
    body = content.encode() if isinstance(content, str) else content
    upload = SimpleUploadedFile("network.csv", body)
    url = reverse(f"admin:operations_{noun}_import")
    return admin.post(url, {"import_file": upload, "format": file_format})


def confirm(admin: Client, noun: str, previewed: HttpResponse) -> HttpResponse:
    """Say yes to the preview."""
    form = previewed.context["confirm_form"]
    values = {name: form[name].value() for name in form.fields}
    return admin.post(reverse(f"admin:operations_{noun}_process_import"), values, follow=True)


def imported(admin: Client, noun: str, content: str | bytes, file_format: str = CSV) -> None:
    previewed = preview(admin, noun, content, file_format)
    assert "confirm_form" in previewed.context, previewed.text
    assert "Import finished" in confirm(admin, noun, previewed).text


def exported(admin: Client, noun: str, file_format: str) -> bytes:
    url = reverse(f"admin:operations_{noun}_export")
    fields = admin.get(url).context["form"].fields
    chosen = {name: "on" for name in fields if name.startswith(f"{noun}resource_")}
    return admin.post(url, {"format": file_format, "resource": "0", **chosen}).content


def test_a_file_makes_stations_chargers_and_connectors(admin: Client) -> None:
    organisation = OrganisationFactory(code="north")
    site = SiteFactory(code="quay", organisation=organisation)
    imported(
        admin,
        "station",
        "identity,name,organisation,site,vendor\nCP-1,Quay 1,north,quay,ABB\nCP-2,,,,\n",
    )
    imported(admin, "charger", "station,number,name\nCP-1,1,Quay 1-A\nCP-1,2,\n")
    imported(
        admin,
        "connector",
        "station,charger,number,type,max_power_kw\nCP-1,1,1,CCS2,150\nCP-1,2,2,Type 2,22.5\n",
    )
    first, second = Station.objects.order_by("identity")
    assert (first.name, first.organisation, first.site) == ("Quay 1", organisation, site)
    assert (second.name, second.organisation) == ("CP-2", None)
    assert [charger.name for charger in Charger.objects.order_by("number")] == [
        "Quay 1-A",
        "Quay 1-2",
    ]
    connector = Connector.objects.get(number=2)
    assert (connector.station, connector.charger.number) == (first, 2)
    assert (connector.type, connector.max_power_kw) == ("Type 2", 22.5)


def test_nothing_is_written_before_it_is_confirmed(admin: Client) -> None:
    previewed = preview(admin, "station", "identity\nCP-1\n")
    assert not Station.objects.exists()
    confirm(admin, "station", previewed)
    assert Station.objects.get().name == "CP-1"


def test_a_file_changes_only_its_own_columns(admin: Client) -> None:
    StationFactory(identity="CP-1", name="Quay 1", vendor="ABB", registration=Registration.PENDING)
    imported(admin, "station", "identity,vendor\nCP-1,Alfen\n")
    station = Station.objects.get()
    assert (station.name, station.vendor) == ("Quay 1", "Alfen")
    assert station.registration == Registration.PENDING


def test_closed_comes_from_a_file_and_goes_with_one(admin: Client) -> None:
    connector = ConnectorFactory(charger__station__identity="CP-1")
    head = "station,charger,number,operational_status\n"
    imported(admin, "connector", f"{head}CP-1,1,1,closed\n")
    connector.refresh_from_db()
    assert connector.operational_status == OperationalStatus.CLOSED
    # Reopened it follows what it last reported: Available.
    imported(admin, "connector", f"{head}CP-1,1,1,Inoperative\n")
    connector.refresh_from_db()
    assert connector.operational_status == OperationalStatus.OPERATIVE


@pytest.mark.parametrize("noun", ["station", "charger", "connector"])
@pytest.mark.parametrize("file_format", [CSV, XLSX, JSON])
def test_what_is_exported_can_be_imported_again(admin: Client, noun: str, file_format: str) -> None:
    site = SiteFactory()
    station = StationFactory(
        identity="CP-1",
        name="=1+1",
        serial_number="-007",
        site=site,
        organisation=site.organisation,
    )
    ConnectorFactory(charger__station=station, charger__name="@home", type="+CCS", max_power_kw=7.4)
    models = (Station, Charger, Connector)
    before = [list(model.objects.values()) for model in models]
    content = exported(admin, noun, file_format)
    previewed = preview(admin, noun, content, file_format)
    confirm(admin, noun, previewed)
    assert [row.import_type for row in previewed.context["result"].rows] == ["skip"]
    assert [list(model.objects.values()) for model in models] == before


@pytest.mark.parametrize("file_format", [CSV, XLSX])
def test_tokens_come_and_go_by_the_same_rules_as_in_the_portal(
    admin: Client, file_format: str
) -> None:
    north = OrganisationFactory(code="north")
    expires_at = timezone.now().replace(microsecond=0)
    TokenFactory(identifier="+49170", organisation=north, expires_at=expires_at, most_sessions=2)
    TokenFactory(identifier="04A2", holder="=1+1")
    content = exported(admin, "token", file_format)
    Token.objects.filter(identifier="04A2").delete()
    Token.objects.update(holder="was", most_sessions=None)
    previewed = preview(admin, "token", content, file_format)
    assert [row.import_type for row in previewed.context["result"].rows] == ["update", "new"]
    assert Token.objects.get().holder == "was"
    confirm(admin, "token", previewed)
    changed, new = Token.objects.order_by("pk")
    assert (changed.holder, changed.organisation, changed.expires_at) == ("", north, expires_at)
    assert (changed.most_sessions, new.holder) == (2, "=1+1")
    noted = {(entry.deed, entry.target_name) for entry in AuditEntry.objects.order_by("-pk")[:2]}
    assert noted == {(Deed.CHANGED, "+49170"), (Deed.CREATED, "04A2")}


def test_exports_hold_no_formulas_and_no_passwords(admin: Client) -> None:
    StationFactory(
        identity="CP-1", name="=HYPERLINK(1)", vendor="+1", model="@x", serial_number="-2"
    )
    text = exported(admin, "station", CSV).decode()
    assert "'=HYPERLINK(1)" in text
    assert ",'-2,'@x,'+1," in text
    assert "password" not in text
    sheet = openpyxl.load_workbook(io.BytesIO(exported(admin, "station", XLSX))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=HYPERLINK(1)" in [cell.value for cell in cells]
    (row,) = json.loads(exported(admin, "station", JSON))
    assert row["name"] == "=HYPERLINK(1)"


def test_numbers_of_spreadsheets_are_texts_where_texts_are_meant(admin: Client) -> None:
    book = openpyxl.Workbook()
    for line in (["identity", "serial_number"], [1001, 77.0], [None, None]):
        book.active.append(line)
    content = io.BytesIO()
    book.save(content)
    imported(admin, "station", content.getvalue(), XLSX)
    station = Station.objects.get()
    assert (station.identity, station.serial_number) == ("1001", "77")


@pytest.mark.parametrize(
    ("noun", "content", "sentence"),
    [
        ("station", "", "file"),
        ("station", "identity,name\n", "No valid data to import"),
        ("station", "identity,name\n,\n", "The file has no rows."),
        ("station", "identity,colour\nCP-1,red\n", "columns that are not known here: colour"),
        ("station", "name\nQuay\n", "The file has no column identity."),
        ("station", "identity,identity\nA,B\n", "The file has a column twice."),
        ("station", "identity,name\nCP-1,a,b\n", "a row with more or fewer cells"),
        ("station", "identity\nCP-1\nCP-1\n", "It is also in row 1."),
        ("station", "identity,name\n,Quay\n", "A station needs an identity."),
        ("station", "identity\nCP\x071\n", "An identity has 1 to 48"),
        ("station", f"identity\n{'x' * 49}\n", "1 to 48"),
        ("station", "identity,organisation\nA,south\n", "No organisation has the code south."),
        ("station", "identity,site\nA,quay\n", "No site has the code quay."),
        ("station", "identity,registration\nA,Maybe\n", "Maybe is none of: Accepted, Pending"),
        ("station", "identity,operational_status\nA,Broken\n", "Broken is none of: Operative"),
        ("station", f"identity,name\nA,{'x' * 101}\n", "at most 100 characters"),
        ("station", "identity,name\nA,a\x00b\n", "NUL"),
        ("charger", "station,number\nCP-9,1\n", "No station has the identity CP-9."),
        ("charger", "station,number\n,1\n", "No station has the identity"),
        ("charger", "station,number\nCP-1,0\n", "0 is not a number from 1."),
        ("charger", "station,number\nCP-1,1.5\n", "1.5 is not a number from 1."),
        ("charger", "station,number\nCP-1,\n", "An empty cell is not a number from 1."),
        ("charger", "station,number\nCP-1,1\nCP-1,01\n", "It is also in row 1."),
        ("connector", "station,charger,number\nCP-1,9,1\n", "CP-1 has no charger 9."),
        ("connector", "station,charger,number\nCP-1,2,1\n", "Another charger of the station has"),
        ("connector", "station,charger,number,max_power_kw\nCP-1,1,1,much\n", "not a power in kW"),
        ("connector", "station,charger,number,max_power_kw\nCP-1,1,1,nan\n", "not a power in kW"),
        ("token", "identifier,colour\n04A2,red\n", "columns that are not known: colour"),
        ("token", "identifier\n04A2\n04a2\n", "The same identifier is in row 1."),
        ("token", "identifier,status\n04A2,Aceppted\n", "none of: Accepted"),
        ("token", "identifier,organisation\n04A2,south\n", "no organisation with the code south"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    admin: Client, noun: str, content: str, sentence: str
) -> None:
    station = StationFactory(identity="CP-1", protocol="1.6")
    ConnectorFactory(charger__station=station)
    ChargerFactory(station=station)
    response = preview(admin, noun, content)
    assert sentence in response.text.replace("&#x27;", "'")
    assert "Traceback" not in response.text
    assert "confirm_form" not in response.context
    assert (Station.objects.count(), Charger.objects.count()) == (1, 2)
    assert not Token.objects.exists()


def test_one_bad_row_keeps_all_others_out(admin: Client) -> None:
    response = preview(admin, "station", "identity,organisation\nA,\nB,nowhere\nC,\n")
    assert "confirm_form" not in response.context
    assert not Station.objects.exists()


def test_what_goes_wrong_after_the_preview_keeps_all_rows_out(admin: Client) -> None:
    organisation = OrganisationFactory(code="north")
    previewed = preview(admin, "station", "identity,organisation\nA,\nB,north\n")
    organisation.delete()
    assert "Nothing was imported" in confirm(admin, "station", previewed).text
    assert not Station.objects.exists()


@pytest.mark.parametrize(
    ("content", "file_format", "sentence"),
    [
        ("identity,name\nCP-1,Köln\n".encode("latin-1"), CSV, "The file is not UTF-8 text."),
        (b"not a workbook", XLSX, "cannot be read in this format"),
        (b"{", JSON, "cannot be read in this format"),
        (b'"text"', JSON, "cannot be read in this format"),
    ],
)
def test_unreadable_files_are_refused(
    admin: Client, content: bytes, file_format: str, sentence: str
) -> None:
    response = preview(admin, "station", content, file_format)
    assert sentence in response.text
    assert not Station.objects.exists()


def test_a_site_of_another_organisation_is_refused(admin: Client) -> None:
    OrganisationFactory(code="north")
    SiteFactory(code="quay")
    response = preview(admin, "station", "identity,organisation,site\nA,north,quay\n")
    assert "The site quay belongs to another organisation." in response.text


def test_excels_byte_order_mark_is_no_part_of_a_name(admin: Client) -> None:
    imported(admin, "station", "\ufeffidentity\nCP-1\n")
    assert Station.objects.get().identity == "CP-1"


def test_only_admins_import(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ENGINEER))
    values: dict[str, Any] = {"format": CSV}
    url = reverse("admin:operations_station_import")
    assert client.post(url, values, follow=True).status_code == 403
