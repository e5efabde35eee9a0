"""manage.py create_station: a station that may connect, with a password shown once."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from operations.models import Organisation, Site
from operations.services import auditing, stations

LONGEST_PASSWORD = 64  # characters; OCPP 1.6 stations take 16 to 20 bytes, 2.x up to 64


class Command(BaseCommand):
    """Makes one station."""

    help = "Create a station and print its password once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who it is, whose, where, and what it proves itself with."""
        parser.add_argument("identity", help="what the station connects as")
        parser.add_argument("--name", default="", help="default: the identity")
        parser.add_argument("--organisation", default="", help="an organisation's code")
        parser.add_argument("--site", default="", help="a site's code")
        password = parser.add_mutually_exclusive_group()
        password.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        password.add_argument(
            "--no-password", action="store_true", help="let it connect without a password"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it; say what is wrong in a sentence otherwise."""
        organisation, site = _place(options["organisation"], options["site"])
        password = _password(is_none=options["no_password"], is_given=options["password_stdin"])
        try:
            with auditing.acting(auditing.shell()):
                stations.create_station(
                    identity=options["identity"],
                    name=options["name"],
                    organisation=organisation,
                    site=site,
                    password=password,
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if password is not None and not options["password_stdin"]:
            self.stdout.write(password)
            self.stderr.write(
                _("%(identity)s was created. Its password is above; it is shown this once.")
                % {"identity": options["identity"]}
            )
        else:
            self.stderr.write(_("%(identity)s was created.") % {"identity": options["identity"]})


def _place(organisation_code: str, site_code: str) -> tuple[Organisation | None, Site | None]:
    organisation, site = None, None
    if organisation_code:
        organisation = Organisation.objects.filter(code=organisation_code).first()
        if organisation is None:
            raise CommandError(
                _("No organisation has the code %(code)s.") % {"code": organisation_code}
            )
    if site_code:
        site = Site.objects.select_related("organisation").filter(code=site_code).first()
        if site is None:
            raise CommandError(_("No site has the code %(code)s.") % {"code": site_code})
        if organisation is not None and site.organisation != organisation:
            raise CommandError(
                _("The site %(code)s belongs to another organisation.") % {"code": site_code}
            )
    return organisation or (site.organisation if site else None), site


def _password(*, is_none: bool, is_given: bool) -> str | None:
    if is_none:
        return None
    if not is_given:
        return stations.generate_password()
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError(_("Standard input held no password."))
    if len(password) > LONGEST_PASSWORD:
        raise CommandError(
            _("A password has at most %(most)d characters.") % {"most": LONGEST_PASSWORD}
        )
    return password
