"""What tests of accounts have in common: the sign-in form, and what the audit log says of it."""

from typing import Any

from django.test import Client

from operations.models import AuditEntry
from tests.factories import PASSWORD

SIGN_IN = "/sign-in/"
ACCOUNT = "/account/"


def sign_in(client: Client, name: str = "lee", password: str = PASSWORD, **kwargs: Any) -> Any:
    return client.post(SIGN_IN, {"username": name, "password": password}, **kwargs)


def deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("deed", flat=True))
