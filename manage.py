#!/usr/bin/env python
"""The command line of the portal."""

import os
import sys


def main() -> None:
    """Run a management command."""
    # The demo brings a database and keys of its own, whatever the environment says.
    if sys.argv[1:2] == ["demo"]:
        os.environ["DJANGO_SETTINGS_MODULE"] = "evcharge.demo.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
