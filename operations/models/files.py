"""Files on their way: firmware that stations fetch, logs that they send, and the links for both.

The bytes are in the store (`services/files.py`) under random names; here is what is known of them.
"""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation, Station
from operations.models.runs import CommandRun
from operations.models.scope import ScopedQuerySet
from operations.statuses import FileState

if TYPE_CHECKING:
    from operations.models.users import User


class FirmwareImageQuerySet(ScopedQuerySet["FirmwareImage"]):
    """Images, by who asks and what is wanted."""

    organisation_path = "organisation_id"

    def visible_to(self, user: "User") -> Self:
        """The images `user` may see: their organisation's, and those for everybody."""
        if user.sees_whole_network:
            return self.all()
        if user.organisation_id is None:
            return self.none()
        return self.filter(Q(organisation=user.organisation_id) | Q(organisation=None))

    def in_use(self) -> Self:
        """The images that may still be given to stations."""
        return self.filter(is_retired=False)


class FirmwareImage(models.Model):
    """A firmware for one model of stations: a file in the store, or a URL elsewhere."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="firmware_images",
        help_text=_("Empty: for the whole network."),
    )
    vendor = models.CharField(_("vendor"), max_length=50, db_index=True)
    model = models.CharField(_("model"), max_length=50, db_index=True)
    version = models.CharField(_("version"), max_length=50, db_index=True)
    release_notes = models.TextField(_("release notes"), blank=True)
    # One of the two: where it is elsewhere, or what the store calls it.
    url = models.CharField(_("URL"), max_length=2000, blank=True)
    stored_name = models.CharField(max_length=32, blank=True, editable=False, db_index=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    size_bytes = models.BigIntegerField(_("size"), null=True, blank=True, db_index=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    md5 = models.CharField(_("MD5"), max_length=32, blank=True)
    # OCPP 1.6 security §4.2 and 2.0.1 L01: PEM, at most 5500; base64, at most 800.
    signing_certificate = models.TextField(_("signing certificate"), max_length=5500, blank=True)
    signature = models.CharField(_("signature"), max_length=800, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(_("added at"), db_index=True)
    is_retired = models.BooleanField(_("retired"), default=False, db_index=True)

    objects = FirmwareImageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("firmware image")
        verbose_name_plural = _("firmware images")
        indexes = [
            models.Index(fields=["vendor", "model", "-created_at"], name="images_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.model} {self.version}"

    @property
    def is_stored(self) -> bool:
        """Whether the portal has the file itself."""
        return bool(self.stored_name)


class FileLink(models.Model):
    """What one run's station may do with files, and until when: fetch this image, or send here.

    The secret is not kept, only its digest. Over HTTP it is part of the path; over FTP and SFTP
    it is the password that goes with `username`.
    """

    run = models.ForeignKey(CommandRun, on_delete=models.CASCADE, related_name="file_links")
    image = models.ForeignKey(
        FirmwareImage, on_delete=models.CASCADE, null=True, blank=True, related_name="links"
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    username = models.CharField(max_length=16, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("file link")
        verbose_name_plural = _("file links")

    def __str__(self) -> str:
        return f"{self.username} of {self.run_id}"

    @property
    def is_upload(self) -> bool:
        """Whether files are sent to it; else an image is fetched from it."""
        return self.image_id is None


class DownloadQuerySet(ScopedQuerySet["Download"]):
    """Downloads, by who asks."""


class Download(models.Model):
    """How far a station has come with fetching an image, in however many requests."""

    link = models.OneToOneField(FileLink, on_delete=models.CASCADE, related_name="download")
    image = models.ForeignKey(FirmwareImage, on_delete=models.CASCADE, related_name="downloads")
    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="downloads")
    protocol = models.CharField(_("protocol"), max_length=5)
    remote_address = models.CharField(_("from"), max_length=45, blank=True)
    size_bytes = models.BigIntegerField(_("size"))
    # Requests may fetch parts of the file, some of them twice, and not in order: what was sent in
    # all, and the furthest byte. Neither alone says how much the station has.
    sent_bytes = models.BigIntegerField(default=0)
    reached_bytes = models.BigIntegerField(default=0)
    requests = models.PositiveIntegerField(_("requests"), default=0)
    # The web server in front sends it, and does not tell us how far it is (X-Accel-Redirect).
    is_handed_over = models.BooleanField(default=False)
    last_range = models.CharField(_("last range"), max_length=50, blank=True)
    started_at = models.DateTimeField(_("started at"), db_index=True)
    last_at = models.DateTimeField(_("last sent at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        indexes = [
            models.Index(fields=["image", "-started_at"], name="downloads_of_image"),
            models.Index(fields=["station", "-started_at"], name="downloads_of_station"),
        ]

    def __str__(self) -> str:
        return f"{self.image_id} for {self.station_id}"

    @property
    def percent(self) -> int:
        """How much of the file the station has been sent, rounded down."""
        if not self.size_bytes:
            return 100
        fetched = min(self.sent_bytes, self.reached_bytes, self.size_bytes)
        return fetched * 100 // self.size_bytes


class ReceivedFileQuerySet(ScopedQuerySet["ReceivedFile"]):
    """What stations sent, by who asks."""

    def kept(self) -> Self:
        """The files of which the store has bytes."""
        return self.exclude(stored_name="")


class ReceivedFile(models.Model):
    """One file a station sent for a run, or tried to. Its name is whatever the station made up."""

    run = models.ForeignKey(CommandRun, on_delete=models.CASCADE, related_name="received_files")
    link = models.ForeignKey(
        FileLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="received_files"
    )
    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="received_files")
    kind = models.CharField(_("kind"), max_length=30, blank=True, db_index=True)
    original_name = models.CharField(_("file"), max_length=255, blank=True, db_index=True)
    stored_name = models.CharField(max_length=32, blank=True, editable=False, db_index=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    size_bytes = models.BigIntegerField(_("size"), default=0, db_index=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    state = models.CharField(
        _("state"),
        max_length=9,
        choices=FileState,
        default=FileState.RECEIVING,
        db_index=True,
    )
    why = models.CharField(max_length=200, blank=True)
    protocol = models.CharField(_("protocol"), max_length=5, db_index=True)
    remote_address = models.CharField(_("from"), max_length=45, blank=True)
    # The server process that takes it: what it leaves behind when it dies is partial.
    node = models.CharField(max_length=64, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), db_index=True)
    # When more of it last came: one that stopped coming is partial.
    heard_at = models.DateTimeField()
    received_at = models.DateTimeField(_("received at"), null=True, blank=True, db_index=True)
    expires_at = models.DateTimeField(_("deleted at"), db_index=True)

    objects = ReceivedFileQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("received file")
        verbose_name_plural = _("received files")
        indexes = [
            models.Index(fields=["station", "-id"], name="files_of_station"),
            models.Index(
                fields=["heard_at"],
                condition=Q(state="receiving"),
                name="files_being_received",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name or f"#{self.pk}"

    @property
    def progress(self) -> FileState:
        """The state as its enum, with tone and icon."""
        return FileState(self.state)

    @property
    def is_kept(self) -> bool:
        """Whether the store has bytes of it."""
        return bool(self.stored_name)
