"""Firmware updates in a real browser: from an image of the library to the version that runs."""

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandBatch, CommandRun, Download, OcppMessage, Station
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.browser.journeys import BRISK, IN_TIME_MS, PROFILE, STATIONS, open_dialog, request
from tests.browser.looking import faults
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory
from tests.filing import stored_image
from tests.portal import Portal

pytestmark = pytest.mark.browser

CONTENT = b"firmware" * 40_000


@pytest.fixture(autouse=True)
def files(portal: Portal, tmp_path: Path, settings: Any) -> None:
    """An empty store, and an address that stations can reach it by."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_PUBLIC_URL = portal.url


def connected(
    fleet: Callable[..., None], version: OcppVersion, *behaviours: str, count: int = 1
) -> list[Station]:
    """Stations that have booted."""
    specs = [
        StationSpec(f"QUAY-{number}", version, PROFILE, quirks=quirks_of(behaviours), seed=number)
        for number in range(1, count + 1)
    ]
    stations = [
        StationFactory(identity=spec.identity, name=f"Quay {number}", connected=False)
        for number, spec in enumerate(specs, start=1)
    ]
    fleet(*specs, pace=BRISK)
    wait_until_true(
        lambda: Station.objects.connected().filter(protocol=version.name).count() == count
    )
    return stations


def signed(content: bytes) -> dict[str, str]:
    """The fields of an image that its maker signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Firmware")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return {
        "signing_certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "signature": base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256()))).decode(),
    }


@pytest.mark.parametrize(
    ("version", "behaviour", "action"),
    [
        (V16, "security-extension", "SignedUpdateFirmware"),
        (V21, "normal", "UpdateFirmware"),
    ],
    ids=["1.6 signed", "2.1"],
)
def test_an_image_is_followed_until_it_runs(
    sign_in: Callable[..., Page],
    fleet: Callable[..., None],
    version: OcppVersion,
    behaviour: str,
    action: str,
) -> None:
    [station] = connected(fleet, version, behaviour)
    is_signed = behaviour != "normal"
    image = stored_image(
        CONTENT,
        version="1.5.0",
        file_name="terra-1.5.0.bin",
        **(signed(CONTENT) if is_signed else {}),
    )
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Firmware update")
    dialog = page.get_by_role("dialog")
    dialog.locator("select[name=image]").select_option(str(image.pk))
    request(page)

    expect(page.locator(".truth")).to_contain_text("Done", timeout=IN_TIME_MS)
    last = page.locator(".phase").last
    expect(last).to_contain_text("Installed: reached")
    expect(page.locator("progress.bar").first).to_have_js_property("value", 100)
    phases = page.locator(".phase[data-state=reached]")
    expect(phases.filter(has_text="Downloading")).to_have_count(1)
    expect(phases.filter(has_text="Signature")).to_have_count(1 if is_signed else 0)
    expect(page.locator(".files-card")).to_contain_text("Fetched")
    expect(page.locator("main")).to_contain_text(action)
    assert page.evaluate("window.stayed") is True
    assert faults(page) == []

    station.refresh_from_db()
    assert station.firmware_version == "1.5.0"
    assert Download.objects.get().reached_bytes == len(CONTENT)
    assert OcppMessage.objects.filter(is_from_station=False, action=action).count() == 1


def test_a_mistyped_location_is_told_with_the_form_it_should_have(
    sign_in: Callable[..., Page],
) -> None:
    station = StationFactory()
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Firmware update")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Location").fill("files.example.org/terra.bin")
    dialog.get_by_role("button", name="Request").click()
    expect(dialog.locator("[aria-invalid=true]")).to_be_focused()
    expect(dialog).to_contain_text("ftp://")
    expect(dialog.get_by_label("Location")).to_have_value("files.example.org/terra.bin")
    assert not CommandRun.objects.exists()


def test_an_image_is_rolled_out_to_what_is_outdated(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    connected(fleet, V201, count=4)
    StationFactory(name="Newest", firmware_version="1.5.0")
    image = stored_image(CONTENT, version="1.5.0", file_name="terra-1.5.0.bin")
    page = sign_in(at=f"/operations/firmware/{image.pk}/")
    page.get_by_role("link", name="Roll out").click()
    page.get_by_label("Select all on this page").check()
    assert faults(page) == []
    page.locator("#selection").get_by_role("button", name="Firmware update").click()
    page.get_by_label("At most open at a time").fill("2")
    assert faults(page) == []
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Ask 4").click()
    page.wait_for_url("**/operations/batches/*/")
    expect(page.locator(".truth")).to_contain_text("4 of 4 have ended", timeout=IN_TIME_MS)
    assert faults(page) == []
    assert CommandBatch.objects.get().most_open == 2
    runs = CommandRun.objects.filter(status=RunStatus.DONE)
    assert runs.values("station").distinct().count() == 4
    assert Station.objects.filter(firmware_version="1.5.0").count() == 5
