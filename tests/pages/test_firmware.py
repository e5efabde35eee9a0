"""Operations > Firmware: which stations are behind, what an image is, and who may change what."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import (
    AuditEntry,
    CommandRun,
    Download,
    FileLink,
    FirmwareImage,
    Organisation,
    Station,
)
from operations.services import files
from operations.statuses import Role
from operations.views import live
from tests.factories import OrganisationFactory, RunFactory, StationFactory, UserFactory
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/firmware/"
STATIONS = "/operations/stations/"
MOST_QUERIES = 12
DATA = b"firmware " * 1000


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


def image(**fields: Any) -> FirmwareImage:
    """An image of the stations that `StationFactory` makes."""
    fields = {"vendor": "ABB", "model": "Terra 54", "version": "2.0", **fields}
    if "url" not in fields:
        stored = files.store([DATA])
        fields |= {
            "stored_name": stored.name,
            "file_name": "terra.bin",
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "md5": stored.md5,
        }
    return FirmwareImage.objects.create(**{"created_at": timezone.now(), **fields})


def asked(image: FirmwareImage, station: Station, **fields: Any) -> CommandRun:
    """A request that gave the station the image."""
    run: CommandRun = RunFactory(
        station=station, command="firmware-update", params={"image": image.pk}, **fields
    )
    if image.is_stored:
        link = FileLink.objects.create(
            run=run,
            image=image,
            token_digest=f"{run.pk:064}",
            username=f"s{run.pk}",
            created_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=7),
        )
        Download.objects.create(
            link=link,
            image=image,
            station=station,
            protocol="http",
            size_bytes=image.size_bytes,
            sent_bytes=image.size_bytes * 42 // 100 + 1,
            reached_bytes=image.size_bytes * 42 // 100 + 1,
            started_at=timezone.now(),
            last_at=timezone.now(),
        )
    return run


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ABB signing")])
    now = timezone.now()
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def form(**fields: Any) -> dict[str, Any]:
    """What is typed into the form, with a file to upload."""
    return {
        "upload": SimpleUploadedFile("terra 2.0.bin", DATA),
        "vendor": "ABB",
        "model": "Terra 54",
        "version": "2.0",
        "release_notes": "Fixes <b>all</b>.",
        **fields,
    }


# --- The list, and who is behind ---------------------------------------------------------------


def test_an_image_says_whom_it_is_for_and_who_is_behind(desk: Client) -> None:
    StationFactory.create_batch(3)
    StationFactory(firmware_version="2.0")
    StationFactory(firmware_version="")  # never told: nobody knows
    StationFactory(model="Terra 360")
    image(uploaded_by=UserFactory(username="kim"))
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["Version"] == "2.0 (newest)"
    assert (shown["Stations"], shown["Outdated"]) == ("5", "3")
    assert (shown["Size"], shown["By"]) == (str(len(DATA)), "kim")
    assert csv_lines(desk.get(URL, {"export": "csv"})) == [header, row]


def test_its_figures_lead_to_just_these_stations(desk: Client) -> None:
    for name, version in (("Behind", "1.4.2"), ("Ahead", "2.0"), ("Silent", "")):
        StationFactory(name=name, firmware_version=version)
    StationFactory(name="Other", model="Terra 360")
    pk = image().pk
    text = desk.get(URL).text
    assert f'href="{STATIONS}?image={pk}"' in text
    assert f'href="{STATIONS}?image={pk}&amp;library=outdated"' in text
    assert column(desk.get(STATIONS, {"image": pk}), "Name") == ["Ahead", "Behind", "Silent"]
    behind = desk.get(STATIONS, {"image": pk, "library": "outdated"})
    assert column(behind, "Name") == ["Behind"]
    assert "ABB Terra 54 2.0" in [str(chip.value) for chip in behind.context["chips"]]
    assert column(desk.get(STATIONS, {"library": "newest"}), "Name") == ["Ahead"]
    assert page_lines(desk.get(STATIONS, {"image": pk + 1})) == []


def test_the_newest_is_what_was_added_last_and_not_retired(desk: Client) -> None:
    StationFactory(firmware_version="9.0")
    now = timezone.now()
    image(version="9.0", created_at=now - timedelta(days=2))
    image(version="10.0", created_at=now - timedelta(days=1))
    image(version="11.0", is_retired=True)
    rows = dict(
        zip(
            column(desk.get(URL), "Version"),
            column(desk.get(URL), "Outdated"),
            strict=True,
        )
    )
    assert rows == {"11.0 (retired)": "", "10.0 (newest)": "1", "9.0 (older)": ""}
    assert column(desk.get(URL, {"retired": "True"}), "Version") == ["11.0 (retired)"]


def test_an_organisations_image_is_for_its_stations_alone(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    for organisation in (ours, theirs):
        StationFactory(organisation=organisation)
    own = image(organisation=ours, version="2.0")
    image(organisation=theirs, version="3.0")
    client.force_login(UserFactory(role=Role.OPERATOR, organisation=ours))
    header, row = page_lines(client.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert (shown["Version"], shown["Stations"], shown["Outdated"]) == ("2.0 (newest)", "1", "1")
    assert client.get(f"{URL}{own.pk}/").status_code == 200
    assert client.get(f"{URL}{own.pk + 1}/").status_code == 404


@pytest.mark.parametrize("rows", [3, 25])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    for number in range(rows):
        image(url="https://example.org/x.bin", version=str(number), model=f"M{number}")
        StationFactory(model=f"M{number}")
    with CaptureQueriesContext(connection) as queries:
        desk.get(URL)
    assert len(queries) <= MOST_QUERIES


def test_an_empty_library_teaches(desk: Client) -> None:
    assert "No firmware yet" in desk.get(URL).text
    assert f'href="{URL}add/"' in desk.get(URL).text


# --- An image's page ---------------------------------------------------------------------------


def test_the_page_says_who_is_outdated_and_how_far_each_fetched(desk: Client) -> None:
    behind = StationFactory(name="Behind")
    StationFactory(name="Has it", firmware_version="2.0")
    StationFactory(name="Silent", firmware_version="")
    found = image(release_notes="Fixes <b>all</b>.")
    run = asked(found, behind)
    page = desk.get(f"{URL}{found.pk}/")
    assert column(page, "Firmware") == ["1.4.2", "2.0", ""]
    assert page.text.count('title="2.0 is in the library."') == 1
    assert column(page, "Fetched") == ["42 % fetched", "", ""]
    assert found.sha256 in page.text
    assert found.md5 in page.text
    assert "Fixes &lt;b&gt;all&lt;/b&gt;." in page.text
    assert f'href="/operations/requests/{run.pk}/"' in page.text
    assert f'data-live="image:{found.pk}"' in page.text
    filtered = desk.get(f"{URL}{found.pk}/", {"firmware_version": "1.4"})
    assert column(filtered, "Name") == ["Behind"]
    lines = csv_lines(desk.get(f"{URL}{found.pk}/", {"export": "csv"}))
    assert [line[0] for line in lines[1:]] == ["Behind", "Has it", "Silent"]


def test_the_page_needs_few_queries(desk: Client) -> None:
    found = image()
    for station in StationFactory.create_batch(25):
        asked(found, station)
    with CaptureQueriesContext(connection) as queries:
        desk.get(f"{URL}{found.pk}/")
    assert len(queries) <= MOST_QUERIES + 4  # and the image, and whether it was used


def test_buttons_lead_to_the_filled_in_form_and_to_the_roll_out(desk: Client) -> None:
    station, found = StationFactory(), image()
    text = desk.get(f"{URL}{found.pk}/").text
    assert f"{STATIONS}{station.pk}/ask/firmware-update/?image={found.pk}" in text
    assert f'href="{URL}roll-out/?image={found.pk}&amp;library=outdated"' in text


def test_viewers_find_no_buttons(client: Client) -> None:
    StationFactory()
    found = image()
    client.force_login(UserFactory(role=Role.VIEWER))
    text = client.get(f"{URL}{found.pk}/").text
    assert "/ask/firmware-update/" not in text
    assert "Roll out" not in text
    assert "/retire/" not in text
    assert f"{URL}add/" not in client.get(URL).text


def test_a_download_is_pushed_to_whoever_may_see_its_station(desk: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    found = image()
    stations = [StationFactory(organisation=each) for each in (ours, theirs)]
    for station in stations:
        asked(found, station)
    user = UserFactory(organisation=ours)
    admission = live.admit(user.pk, None, [f"image:{found.pk}"])
    assert admission is not None
    patches = live.patches({admission.viewpoint: {f"image:{found.pk}"}})
    sent = patches[admission.viewpoint][f"image:{found.pk}"]
    assert [patch["id"] for patch in sent] == [f"fetched-{stations[0].pk}"]
    assert "42 % fetched" in sent[0]["html"]


# --- Adding ------------------------------------------------------------------------------------


def test_an_uploaded_image_is_kept_and_hashed(desk: Client) -> None:
    response = desk.post(f"{URL}add/", form())
    added = FirmwareImage.objects.get()
    assert response["Location"] == f"{URL}{added.pk}/"
    assert files.path_of(added.stored_name).read_bytes() == DATA
    assert (added.file_name, added.size_bytes) == ("terra 2.0.bin", len(DATA))
    assert added.sha256 == hashlib.sha256(DATA).hexdigest()
    assert added.md5 == hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    assert added.uploaded_by is not None
    assert added.uploaded_by.username == "lee"
    assert AuditEntry.objects.get(target_kind="firmwareimage").deed == "uploaded"


def test_a_script_is_told_where_the_image_is(desk: Client) -> None:
    response = desk.post(f"{URL}add/", form(), headers={"X-Requested-With": "XMLHttpRequest"})
    assert response.status_code == 201
    assert response["Location"] == f"{URL}{FirmwareImage.objects.get().pk}/"
    again = desk.post(
        f"{URL}add/", form(version=""), headers={"X-Requested-With": "XMLHttpRequest"}
    )
    assert again.status_code == 200
    assert again.context["form"].errors.keys() == {"version"}


def test_a_url_and_a_signature_will_do_too(desk: Client) -> None:
    pem = certificate()
    given = form(upload="", url="https://vendor.example.org/terra.bin", signing_certificate=pem)
    given["signature"] = f" {base64.b64encode(b'signed').decode()}\n"
    desk.post(f"{URL}add/", given)
    added = FirmwareImage.objects.get()
    assert (added.is_stored, added.size_bytes) == (False, None)
    assert added.signing_certificate == pem.strip()
    assert base64.b64decode(added.signature) == b"signed"
    text = desk.get(f"{URL}{added.pk}/").text
    assert "CN=ABB signing" in text
    assert "https://vendor.example.org/terra.bin" in text


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"upload": ""}, "upload", "Give a file, or a URL"),
        ({"url": "https://example.org/a.bin"}, "url", "not both"),
        ({"upload": SimpleUploadedFile("a.bin", b"")}, "upload", "empty"),
        ({"upload": "", "url": "ftp://u:p@example.org/a"}, "url", "could read this password"),
        ({"upload": "", "url": "gopher://example.org/a"}, "url", "ftp://user:password@host"),
        ({"version": ""}, "version", "required"),
        ({"signing_certificate": "no", "signature": "AA=="}, "signing_certificate", "PEM"),
        ({"signature": "%%%"}, "signature", "Base64"),
        ({"signature": "AA=="}, "signing_certificate", "needs both"),
    ],
)
def test_what_makes_no_sense_is_said(
    desk: Client, fields: dict[str, Any], field: str, words: str
) -> None:
    response = desk.post(f"{URL}add/", form(**fields))
    assert response.status_code == 422
    assert words in " ".join(response.context["form"].errors[field])
    assert not FirmwareImage.objects.exists()


def test_the_form_suggests_what_stations_call_themselves(desk: Client) -> None:
    StationFactory(vendor="Alfen", model="Eve Double")
    text = desk.get(f"{URL}add/").text
    assert '<option value="Alfen">' in text
    assert '<option value="Eve Double">' in text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_engineers_add_and_retire(client: Client, role: Role) -> None:
    found = image()
    client.force_login(UserFactory(role=role))
    assert client.get(f"{URL}add/").status_code == 403
    assert client.post(f"{URL}add/", form()).status_code == 403
    for deed in ("retire", "use-again", "delete"):
        assert client.post(f"{URL}{found.pk}/{deed}/").status_code == 403
    assert FirmwareImage.objects.get().is_retired is False


def test_engineers_of_one_organisation_add_for_that_one(client: Client) -> None:
    ours = OrganisationFactory()
    OrganisationFactory()
    everybodys = image(version="1.0")
    client.force_login(UserFactory(role=Role.ENGINEER, organisation=ours))
    assert client.post(f"{URL}add/", form()).status_code == 422
    others = Organisation.objects.exclude(pk=ours.pk).get()
    assert client.post(f"{URL}add/", form(organisation=others.pk)).status_code == 422
    client.post(f"{URL}add/", form(organisation=ours.pk))
    assert FirmwareImage.objects.get(version="2.0").organisation == ours
    assert client.post(f"{URL}{everybodys.pk}/retire/").status_code == 403


# --- Retiring and deleting ---------------------------------------------------------------------


def test_what_was_used_is_retired_not_deleted(desk: Client) -> None:
    found = image()
    asked(found, StationFactory())
    text = desk.get(f"{URL}{found.pk}/").text
    assert f"{URL}{found.pk}/retire/" in text
    assert f"{URL}{found.pk}/delete/" not in text
    desk.post(f"{URL}{found.pk}/delete/")
    assert FirmwareImage.objects.get() == found
    desk.post(f"{URL}{found.pk}/retire/")
    found.refresh_from_db()
    assert found.is_retired
    assert "/ask/firmware-update/" not in desk.get(f"{URL}{found.pk}/").text
    desk.post(f"{URL}{found.pk}/use-again/")
    found.refresh_from_db()
    assert not found.is_retired


def test_a_url_that_was_used_stays_too(desk: Client) -> None:
    found = image(url="https://example.org/a.bin")
    run = asked(found, StationFactory())
    assert f'href="/operations/requests/{run.pk}/"' in desk.get(f"{URL}{found.pk}/").text
    desk.post(f"{URL}{found.pk}/delete/")
    assert FirmwareImage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_nobody_used_goes_with_its_file(desk: Client) -> None:
    found = image()
    path = files.path_of(found.stored_name)
    assert "deleted with its file" in desk.get(f"{URL}{found.pk}/delete/").text
    desk.post(f"{URL}{found.pk}/delete/")
    assert not FirmwareImage.objects.exists()
    assert not path.exists()


# --- A station's page --------------------------------------------------------------------------


def test_a_stations_page_says_that_it_is_outdated(desk: Client) -> None:
    behind, ahead = StationFactory(), StationFactory(firmware_version="2.0")
    found = image()
    text = desk.get(f"{STATIONS}{behind.pk}/").text
    assert "Outdated: 2.0 is in the library" in text
    assert f'href="{URL}{found.pk}/"' in text
    assert "is in the library" not in desk.get(f"{STATIONS}{ahead.pk}/").text
