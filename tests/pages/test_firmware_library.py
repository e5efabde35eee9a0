"""Adding an image to the library of firmware, retiring and deleting it."""

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
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import AuditEntry, FirmwareImage, Organisation
from operations.services import files
from operations.statuses import Role
from tests.factories import OrganisationFactory, StationFactory, UserFactory
from tests.pages.imaging import DATA, asked, image

pytestmark = pytest.mark.django_db

URL = "/operations/firmware/"


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
