"""The table of dialects. To add an OCPP version: its file, and one line here."""

from ocpp_gateway.dialects import v16, v21, v201
from ocpp_gateway.dialects.base import Dialect

DIALECTS: dict[str, Dialect] = {
    dialect.version.name: dialect for dialect in (v16.DIALECT, v201.DIALECT, v21.DIALECT)
}
