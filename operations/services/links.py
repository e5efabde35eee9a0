"""Opens file links: who comes with which secret, and whether it still counts."""

import hmac

from django.db.models import QuerySet
from django.utils import timezone

from operations.models import FileLink
from operations.services import transfers


class UnknownLinkError(Exception):
    """Nobody was ever given this."""


class ExpiredLinkError(Exception):
    """It was given out, and its time is over."""

    def __init__(self, link: FileLink) -> None:
        super().__init__("This link has expired.")
        self.link = link


class WrongPasswordError(Exception):
    """The user exists, this is not its password."""

    def __init__(self, link: FileLink) -> None:
        super().__init__("Wrong password.")
        self.link = link


def by_token(token: str) -> FileLink:
    """The link of a path's secret."""
    return _valid(_links().filter(token_digest=transfers.digest(token)).first())


def by_login(username: str, password: str) -> FileLink:
    """The link of an FTP or SFTP user."""
    link = _links().filter(username=username[:16]).first()
    if link is not None and not hmac.compare_digest(link.token_digest, transfers.digest(password)):
        raise WrongPasswordError(link)
    return _valid(link)


def _links() -> QuerySet[FileLink]:
    return FileLink.objects.select_related("run", "image")


def _valid(link: FileLink | None) -> FileLink:
    if link is None:
        raise UnknownLinkError
    if link.expires_at <= timezone.now():
        raise ExpiredLinkError(link)
    return link
