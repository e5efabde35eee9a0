"""Files in a real browser: an upload that says how far it is, transfers that show as they go."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from operations.models import FileLink, FirmwareImage
from operations.services import downloads, files, receiving
from operations.services.downloads import Asked, Progress
from operations.statuses import Role
from tests.factories import RunFactory, StationFactory

pytestmark = pytest.mark.browser

SOON_MS = 30_000


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> None:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_FILES_ACCEL = ""


def link_for(**fields: object) -> FileLink:
    run = RunFactory(station=StationFactory(name="Quay 1"), **fields)
    return FileLink.objects.create(
        run=run,
        token_digest=f"{run.pk:064}",
        username=f"s{run.pk}",
        created_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )


def test_an_image_is_uploaded_with_a_bar_and_kept_through_a_mistake(
    sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    StationFactory()
    image = tmp_path / "terra-2.0.bin"
    image.write_bytes(b"firmware" * 400_000)
    page = sign_in(Role.ENGINEER, at="/operations/firmware/add/")
    page.evaluate(
        """() => {
          window.shown = [];
          const bar = document.querySelector("[data-upload-progress] progress");
          const note = () => window.shown.push(bar.value);
          new MutationObserver(note).observe(bar, { attributes: true });
        }"""
    )
    page.get_by_label("File").set_input_files(image)
    page.get_by_label("Vendor").fill("ABB")
    page.get_by_label("Model").fill("Terra 54")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("main")).to_contain_text("This field is required.")
    expect(page.get_by_label("Version")).to_be_focused()
    assert page.evaluate("Math.max(...window.shown)") == 100
    page.get_by_label("Version").fill("2.0")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/operations/firmware/*/")
    expect(page.locator("#toasts")).to_contain_text("ABB Terra 54 2.0 is in the library.")
    expect(page.locator("main")).to_contain_text("Outdated")
    kept = FirmwareImage.objects.get()
    assert files.path_of(kept.stored_name).read_bytes() == image.read_bytes()


def test_a_download_shows_on_the_images_page_as_it_goes(sign_in: Callable[..., Page]) -> None:
    link = link_for(command="firmware-update", params={})
    link.image = FirmwareImage.objects.create(
        vendor="ABB",
        model="Terra 54",
        version="2.0",
        stored_name="0" * 32,
        file_name="terra.bin",
        size_bytes=1000,
        created_at=timezone.now() - timedelta(hours=1),
    )
    link.save(update_fields=["image"])
    page = sign_in(Role.OPERATOR, at=f"/operations/firmware/{link.image.pk}/")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    progress = Progress()
    progress.ask(Asked("http", ""))
    progress.send(420, until=420)
    downloads.note(progress={link.pk: progress})
    row = page.locator("tr").filter(has_text="Quay 1")
    expect(row).to_contain_text("42 % fetched", timeout=SOON_MS)
    progress = Progress()
    progress.send(580, until=1000)
    downloads.note(progress={link.pk: progress})
    expect(row).not_to_contain_text("%", timeout=SOON_MS)
    expect(row).to_contain_text("Fetched")


def test_a_log_shows_on_its_run_as_it_comes_and_is_taken_home(
    sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    link = link_for(command="diagnostic-request", params={})
    page = sign_in(Role.OPERATOR, at=f"/operations/requests/{link.run_id}/")
    expect(page.locator("main")).to_contain_text("Nothing has come yet.")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    reception = receiving.begin(
        link=link, name="quay <b>.log", protocol="http", remote_address="192.0.2.7"
    )
    expect(page.locator("main")).to_contain_text("Receiving", timeout=SOON_MS)
    reception.write(b"<script>alert(1)</script>\n")
    reception.complete()
    expect(page.locator(".files-card")).to_contain_text("Complete", timeout=SOON_MS)
    page.get_by_role("link", name="quay <b>.log").click()
    expect(page.locator("pre")).to_have_text("<script>alert(1)</script>\n")
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download").click()
    taken = tmp_path / "taken"
    begun.value.save_as(taken)
    assert begun.value.suggested_filename.startswith("quay")
    assert taken.read_bytes() == b"<script>alert(1)</script>\n"
