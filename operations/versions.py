"""The list of OCPP versions, and which one builds on which."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OcppVersion:
    """One OCPP version; `base` is the version it extends (2.1 is 2.0.1 plus what is new)."""

    name: str
    slug: str
    base: "OcppVersion | None" = None

    @property
    def subprotocol(self) -> str:
        """What the WebSocket handshake calls it (OCPP-J §3.1.2)."""
        return f"ocpp{self.name}"

    @property
    def lineage(self) -> tuple["OcppVersion", ...]:
        """Itself first, then the versions it extends."""
        return (self, *(self.base.lineage if self.base else ()))

    def __str__(self) -> str:
        return self.name


V16 = OcppVersion("1.6", "v16")
V201 = OcppVersion("2.0.1", "v201")
V21 = OcppVersion("2.1", "v21", base=V201)

# In order of preference: what we choose when a station offers several.
VERSIONS = (V21, V201, V16)

VERSION_CHOICES = [(version.name, f"OCPP {version.name}") for version in reversed(VERSIONS)]


def by_name(name: str) -> OcppVersion | None:
    """The version called `name` ("1.6", "2.0.1", "2.1")."""
    return next((version for version in VERSIONS if version.name == name), None)


def by_subprotocol(subprotocol: str) -> OcppVersion | None:
    """The version a WebSocket subprotocol names ("ocpp2.0.1")."""
    return next((version for version in VERSIONS if version.subprotocol == subprotocol), None)
