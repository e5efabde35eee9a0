"""Tokens by their identifier, as files have them: what is exported can be imported again."""

from django.utils import timezone
from import_export.fields import Field
from import_export.resources import ModelResource

from operations.models import Token
from operations.services.token_rows import COLUMNS


class TokenResource(ModelResource):
    """One row per token."""

    organisation = Field("organisation__code", "organisation")

    class Meta:
        model = Token
        fields = COLUMNS
        export_order = COLUMNS

    def dehydrate_organisation(self, token: Token) -> str:
        """Its code; nothing for all organisations."""
        return token.organisation.code if token.organisation else ""

    def dehydrate_expires_at(self, token: Token) -> str:
        """With its zone: the same moment wherever it is read."""
        at = token.expires_at
        return timezone.localtime(at).isoformat(sep=" ") if at else ""
